"""An article as every feed format shows it, and what the formats say alike about a feed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from textwrap import shorten
from urllib.parse import quote
from uuid import UUID, uuid5

from sokbo.domain.archive import publication_time
from sokbo.domain.article import Article, Author, article_url, slugify
from sokbo.domain.feed import Listing
from sokbo.domain.html import ELEMENTS
from sokbo.domain.lead_image import LeadImage
from sokbo.domain.site import Site
from sokbo.translations import translate
from workers.feeds.fixes import printable
from workers.feeds.image import FeedImage, feed_image
from workers.feeds.players import with_links

GENERATOR = "Sokbo"
_FEED_IDS = UUID("5f1c7a52-6c0d-5d0e-9a57-2b1f0c3de914")
_SUMMARY_CHARACTERS = 200
#: RFC 3986 section 2.2 without brackets, which are legal in a host alone; "%" keeps what is encoded already.
_URL_CHARACTERS = "%/:?#@!$&'()*+,;=~"
_ELEMENT = "|".join(sorted(ELEMENTS, reverse=True))
_END_TAG = re.compile(rf"</(?:{_ELEMENT})>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_ELEMENT})(?=[\s/>])[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """All text is printable, all URLs are encoded, the times are in UTC, and `updated` is never before `published`.

    `html` and `text` begin with the correction, if there is one. None but the optional fields is ever empty.
    `labels` are the categories and then the tags as the publisher wrote them, each once, whatever its case, with its slug.
    """

    id: str
    number: int
    revision: int
    url: str
    title: str
    summary: str
    html: str
    text: str
    published: datetime
    updated: datetime
    authors: tuple[Author, ...]
    labels: dict[str, str]
    categories: tuple[str, ...]
    image: FeedImage | None
    canonical_url: str | None
    language: str | None
    correction_note: str | None
    breaking_until: datetime | None
    site_language: str
    site_title: str

    @property
    def creators(self) -> list[str]:
        """Whom to name where somebody has to be named: the authors, else the site."""
        return [author.name for author in self.authors] or [self.site_title]

    @property
    def brief_html(self) -> str:
        """What stands where the full text is left out, as HTML: the summary, after the correction if there is one."""
        summary = escape(self.summary, quote=False)
        if self.correction_note is None:
            return summary
        return f"{_correction_html(self.correction_note, self.language or self.site_language)}<p>{summary}</p>"

    @property
    def brief_text(self) -> str:
        """The same as plain text."""
        if self.correction_note is None:
            return self.summary
        return _correction_text(self.correction_note, self.language or self.site_language) + self.summary

    @property
    def is_later_edition(self) -> bool:
        """True if a reader who goes by whole seconds would see a later time than the publication's, and for each correction."""
        return second(self.updated) > second(self.published) or self.correction_note is not None


def item(site: Site, article: Article, picture: LeadImage | None = None) -> Item:
    """The article made fit for feeds, with the picture that is shown of it, if any.

    An author's e-mail address is not in it: feeds are read by harvesters too.
    """
    content = article.content
    title = plain(content.title) or article.path
    text = printable(content.text).strip()
    summary = plain(content.summary) or _shortened(text) or title
    note = printable(content.correction_note or "")
    language = printable(content.language or "")
    html = with_links(printable(content.html), language or site.language).strip() or f"<p>{escape(summary)}</p>"
    published = utc(publication_time(article))
    categories = tuple(filter(None, map(plain, content.categories)))
    labels: dict[str, str] = {}
    for label in (*categories, *filter(None, map(plain, content.tags))):
        labels.setdefault(label.casefold(), label)
    return Item(
        id=article.urn,
        number=article.number,
        revision=article.revision,
        url=article_url(site, article),
        title=title,
        summary=summary,
        html=(_correction_html(note, language or site.language) if note else "") + html,
        text=(_correction_text(note, language or site.language) if note else "") + (text or summary),
        published=published,
        updated=max(published, utc(article.modified_at)),
        authors=tuple(_author(author) for author in content.authors if plain(author.name)),
        labels={label: slugify(label) or label for label in labels.values()},
        categories=categories,
        image=feed_image(site, picture, url(picture.url), plain(picture.alt)) if picture else None,
        canonical_url=url(content.canonical_url) if content.canonical_url else None,
        language=language or None,
        correction_note=note or None,
        breaking_until=utc(article.breaking_until) if article.breaking_until else None,
        site_language=site.language,
        site_title=plain(site.title) or site.name,
    )


def plain(text: str) -> str:
    """The text on one line. Words about HTML stay, but for the tags of its elements where one has its end tag: for the W3C
    validator, and for readers who take titles for HTML, that is HTML, however it is written (ContainsHTML)."""
    line = " ".join(printable(text).split())
    return " ".join(_TAG.sub("", line).split()) if _END_TAG.search(line) else line


def url(address: str) -> str:
    """The address, percent-encoded where it isn't (RFC 3986 section 2.1)."""
    return quote(printable(address).strip(), safe=_URL_CHARACTERS)


def utc(when: datetime) -> datetime:
    """The time in UTC, as which one without a zone is read too."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def second(when: datetime) -> datetime:
    """The whole second in UTC, for what has no finer times."""
    return utc(when).replace(microsecond=0)


def feed_id(site: Site, listing: Listing) -> str:
    """The feed's own id, which neither title nor host changes (RFC 9562 section 5.5)."""
    return uuid5(_FEED_IDS, f"{site.id}/{second(site.created_at).isoformat()}/{listing.path}").urn


def _correction_html(note: str, language: str) -> str:
    title = translate("Correction", language)
    return f"<p><strong>{title}:</strong> {escape(note)}</p>\n"


def _correction_text(note: str, language: str) -> str:
    title = translate("Correction", language)
    return f"{title}: {note}\n\n"


def _author(author: Author) -> Author:
    return Author(plain(author.name), url(author.url) if author.url else None)


def _shortened(text: str) -> str:
    # Only the beginning is looked at: splitting a megabyte into words takes longer than all the rest.
    return plain(shorten(text[: 2 * _SUMMARY_CHARACTERS], _SUMMARY_CHARACTERS, placeholder="…"))
