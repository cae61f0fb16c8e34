"""A site's archive (RFC 5005 section 4): each article that was ever published has a place in it, for good.

Each month has documents of its own. One takes articles while it is open; once it is closed, no article is ever added to it, and
it joins the chain that readers walk. So a publish changes one document however many there are, and what has been walked stays
walked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from sokbo.domain.article import Article, article_path

#: Articles in an archive document at most.
DOCUMENT_ARTICLES = 100
#: Articles in a sitemap. Never to be changed: what stands where would move.
SITEMAP_ARTICLES = 500


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """The `number`th of a month's archive documents, or of its sitemaps, from 1. The month is in UTC and looks like «2026-11»."""

    month: str
    number: int

    @property
    def key(self) -> str:
        """The part as text, which `from_key` reads."""
        return f"{self.month}/{self.number}"

    @classmethod
    def from_key(cls, key: str) -> Self:
        month, _, number = key.partition("/")
        return cls(month, int(number))

    @property
    def mapped(self) -> range:
        """The ordinals of the articles in the sitemap."""
        return range((self.number - 1) * SITEMAP_ARTICLES, self.number * SITEMAP_ARTICLES)

    def archive_path(self, suffix: str) -> str:
        """The path, below its site, of the archive document in the format with that suffix: 'feed/2026/11.atom', then
        'feed/2026/11-2.atom'."""
        return f"feed/{self._numbered(self.month.replace('-', '/'))}.{suffix}"

    @property
    def sitemap_path(self) -> str:
        """The sitemap's path below its site: 'sitemap-2026-11.xml', then 'sitemap-2026-11-2.xml'. A sitemap may list what lies at
        or below its own directory alone (sitemaps.org, «Sitemap file location»)."""
        return f"sitemap-{self._numbered(self.month)}.xml"

    def _numbered(self, month: str) -> str:
        return month if self.number == 1 else f"{month}-{self.number}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands: the `ordinal`th of its month's, from 0, in the month's `document`th archive document, from 1."""

    month: str
    ordinal: int
    document: int

    @property
    def archive(self) -> Part:
        """The archive document that has the article."""
        return Part(self.month, self.document)

    @property
    def sitemap(self) -> Part:
        """The sitemap that has the article."""
        return Part(self.month, self.ordinal // SITEMAP_ARTICLES + 1)


def takes_another(articles: int) -> bool:
    """True if an open archive document that has so many articles takes one more."""
    return articles < DOCUMENT_ARTICLES


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """An archive document that still takes articles: how many it has, and when the oldest of them was published."""

    part: Part
    articles: int
    oldest: datetime

    def is_due(self, recent: datetime | None) -> bool:
        """True if the document should be closed: its oldest article was published no later than `recent`, the publication time
        of the last article in the newer half of the current feed. `recent` is None while the site has fewer articles than that.

        So the feed still has every article of an open document (RFC 5005 section 4: what isn't in the feed must be in its
        archive).
        """
        return recent is not None and self.oldest <= recent


@dataclass(frozen=True, slots=True)
class ArchivedArticle:
    """What lists say of an article in the archive."""

    number: int
    slug: str
    title: str
    language: str | None
    published_at: datetime
    modified_at: datetime

    @property
    def path(self) -> str:
        """The page's path below its site."""
        return article_path(self.number, self.slug)


def publication_time(article: Article) -> datetime:
    """When it was published. An article that never says is as old as its first revision."""
    return article.published_at or article.created_at


def month_of(moment: datetime) -> str:
    """The month in UTC, as «2026-11»."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}"
