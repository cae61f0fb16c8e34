"""An article: what a publisher hands over (Draft), what is kept of it (Content), and where it stands (Article)."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sokbo.domain.composed import composed
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.domain.site import Site

BREAKING_LASTS = timedelta(hours=6)
SLUG_MAX_CHARACTERS = 80
#: Signs at the end of a word that tell it from others, and how a slug writes them: C++, C#, Disney+.
_SPELLED = {"+": "plus", "#": "sharp"}
_SIGNS = re.compile(r"(?<=\w)[+#]{1,3}(?![\w+#])")
#: They choose between forms of the same character.
_VARIATION = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Characters of the longest text whose slug is remembered.
_LONGEST_REMEMBERED = 300


class ArticleState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    url: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """`url` is absolute."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The words of one revision. `html` is clean and safe to print; `text` is the same without tags; all URLs are absolute."""

    title: str
    html: str
    text: str
    summary: str
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    image: Image | None = None
    language: str | None = None
    canonical_url: str | None = None
    related: tuple[str, ...] = ()
    correction_note: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """One publisher's request, parsed and cleaned. None means: not said."""

    content: Content
    slug: str | None = None
    external_id: str | None = None
    published_at: datetime | None = None
    draft: bool = False
    breaking: bool = False
    breaking_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """`published_at` is None for drafts only. `modified_at` is when the shown revision was made, and not before `published_at`,
    except for an article that was withdrawn before its publication."""

    id: ArticleId
    site_id: SiteId
    number: int
    slug: str
    revision: int
    state: ArticleState
    content: Content
    created_at: datetime
    modified_at: datetime
    published_at: datetime | None = None
    external_id: str | None = None
    breaking_until: datetime | None = None

    @property
    def urn(self) -> str:
        """The id that feeds carry; no change of title, slug or host changes it (RFC 9562)."""
        return f"urn:uuid:{self.id}"

    @property
    def path(self) -> str:
        """The page's path below its site: number and slug."""
        return article_path(self.number, self.slug)

    @property
    def ends_breaking_by_default(self) -> bool:
        """True if nobody has said when its breaking time ends, as far as its times show: so long after one of them."""
        began = self.breaking_until and self.breaking_until - BREAKING_LASTS
        return began is not None and began in {self.published_at, self.created_at, self.modified_at}

    def is_breaking(self, now: datetime) -> bool:
        return self.state is ArticleState.PUBLISHED and self.breaking_until is not None and self.breaking_until > now


def article_path(number: int, slug: str) -> str:
    """The path below its site of the page of the article with this number and slug."""
    return f"{number}/{slug}" if slug else str(number)


def article_url(site: Site, article: Article) -> str:
    """The page's absolute URL."""
    return site.url(article.path)


def slugify(text: str) -> str:
    """Letters and digits of any script, joined by hyphens, 80 characters at most; empty if none is left. A + or # that ends a
    word is written out.

    Hangul is composed (NFC), so that the same word always makes the same URL.
    """
    return _short_slug(text) if len(text) <= _LONGEST_REMEMBERED else _slug(text)


def _slug(text: str) -> str:
    text = _SIGNS.sub(_spelled, composed(text).lower())
    words = re.findall(r"[^\W_]+", text) if text.isascii() else _words(text)
    slug = "-".join(words)
    if len(slug) <= SLUG_MAX_CHARACTERS:
        return slug
    cut = slug[: SLUG_MAX_CHARACTERS + 1].rpartition("-")[0]
    return cut or slug[:SLUG_MAX_CHARACTERS]


def _spelled(signs: re.Match[str]) -> str:
    """The signs in words: C++ and C# are other things than C."""
    return "".join(f" {_SPELLED[sign]}" for sign in signs[0])


def _words(text: str) -> list[str]:
    """Runs of letters and digits with the marks that belong to them, which many scripts write vowels by."""
    kept, in_word = [], False
    for character in text:
        in_word = character.isalnum() or (in_word and _is_mark(character))
        kept.append(character if in_word else " ")
    return "".join(kept).split()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc"} and not _VARIATION.match(character)


_short_slug = lru_cache(maxsize=4096)(_slug)
