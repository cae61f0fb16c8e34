"""Which feeds and list pages an article belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sokbo.domain.article import Content, slugify
from sokbo.domain.site import Site

#: Below a site: the page of its feeds, the list of them, and what search engines are led to.
FEEDS_PATH = "feeds"
OPML_PATH = "feeds.opml"
SITEMAP_INDEX_PATH = "sitemap.xml"
PAGES_SITEMAP_PATH = "sitemap-pages.xml"
NEWS_SITEMAP_PATH = "news-sitemap.xml"
#: Below each site: the stylesheet by which browsers show RSS and Atom.
STYLESHEET_PATH = "feed.css"
#: Below each site: the picture that stands for those that have no logo.
DEFAULT_LOGO_PATH = "sign.png"


class FeedType(NamedTuple):
    """A format in which every listing can be had: the end of its feeds' paths, what people call it, and its media type."""

    suffix: str
    name: str
    media_type: str


FEED_TYPES = (
    FeedType("rss", "RSS", "application/rss+xml"),
    FeedType("atom", "Atom", "application/atom+xml"),
    FeedType("json", "JSON Feed", "application/feed+json"),
)
FEED_SUFFIXES = tuple(each.suffix for each in FEED_TYPES)


class ListingKind(StrEnum):
    """`SITE` and `BREAKING` are one each per site, a `SELECTION` is made by its publisher, the others are one per term."""

    SITE = "site"
    BREAKING = "breaking"
    CATEGORY = "category"
    TAG = "tag"
    AUTHOR = "author"
    SELECTION = "selection"


@dataclass(frozen=True, slots=True, order=True)
class Listing:
    """A choice of a site's articles, newest first; it is shown as a page, but for a selection, and as a feed in each format.

    `key` is the term's slug or the selection's name (as in the path), `label` what people call it; both are empty for SITE and
    BREAKING.
    """

    kind: ListingKind
    key: str = ""
    label: str = ""

    @property
    def path(self) -> str:
        """The page's path below its site, without slashes at its ends: '', 'category/정치', 'tag/apec'."""
        return "" if self.kind is ListingKind.SITE else self.kind.value if not self.key else f"{self.kind.value}/{self.key}"

    @property
    def page_path(self) -> str:
        """Where its page is; a selection has none of its own, and shows the site's."""
        return "" if self.kind is ListingKind.SELECTION else self.path

    def feed_path(self, suffix: str) -> str:
        """The feed's path below its site: 'feed.rss', 'breaking.atom', 'category/정치.json'."""
        return f"{self.path or 'feed'}.{suffix}"


SITE_LISTING = Listing(ListingKind.SITE)
BREAKING_LISTING = Listing(ListingKind.BREAKING)


def feed_urls(site: Site) -> dict[str, str]:
    """The URLs of the site's own feeds, by the ends of their paths."""
    return {suffix: site.url(SITE_LISTING.feed_path(suffix)) for suffix in FEED_SUFFIXES}


def terms(content: Content) -> list[Listing]:
    """The category, tag and author listings that a revision belongs to, each once, in the order given."""
    return [
        *_listings(ListingKind.CATEGORY, content.categories),
        *_listings(ListingKind.TAG, content.tags),
        *_listings(ListingKind.AUTHOR, (author.name for author in content.authors)),
    ]


def _listings(kind: ListingKind, labels: Iterable[str]) -> list[Listing]:
    by_key: dict[str, Listing] = {}
    for label in labels:
        if key := slugify(label):
            by_key.setdefault(key, Listing(kind, key, label))
    return list(by_key.values())
