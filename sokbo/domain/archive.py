"""A site's archive (RFC 5005 section 4): each article that was ever published has a place in it, for good.

The months' articles are numbered in the order in which they came in, and fill documents of a fixed size, so that a publish
changes one of them however many there are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from sokbo.domain.article import Article, article_path

#: Articles in an archive document, and in a sitemap. Never to be changed: what stands where would move.
DOCUMENT_ARTICLES = 100
SITEMAP_ARTICLES = 500


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """The `number`th of a month's documents, from 1. The month is in UTC and looks like «2026-11»."""

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
    def archived(self) -> range:
        """The ordinals of the articles in the archive document, the same in each format."""
        return range((self.number - 1) * DOCUMENT_ARTICLES, self.number * DOCUMENT_ARTICLES)

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
    """Where an article stands: the `ordinal`th of its month's, from 0."""

    month: str
    ordinal: int

    @property
    def archive(self) -> Part:
        """The archive document that has the article."""
        return Part(self.month, self.ordinal // DOCUMENT_ARTICLES + 1)

    @property
    def sitemap(self) -> Part:
        """The sitemap that has the article."""
        return Part(self.month, self.ordinal // SITEMAP_ARTICLES + 1)


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
