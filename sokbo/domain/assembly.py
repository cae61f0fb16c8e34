"""Documents that are wanted anew, because of a change in what they show."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sokbo.domain.feed import Listing


@dataclass(frozen=True, slots=True, order=True)
class Assembly:
    """Documents that are made together. `kind` is a ListingKind or another of the workers' makers, `key` says which of its kind.

    `anew`: they are stored even if they say what is stored already, which is then not relied on.
    """

    kind: str
    key: str = ""
    anew: bool = False


#: Those of the site's selections that changes in some listings concern: which they are is found out afterwards.
SELECTIONS = "selections"
#: The key for every listing, where naming them would take more than this: indexes bound the length of keys.
ALL_LISTINGS = "*"
_MAX_KEY_BYTES = 1_000
#: What lists all the site's feeds: the page, the subscription list, the sitemap of pages.
FEEDS = "feeds"
#: The archive's entry of the article with the id that is the key; it leads to those below.
ARCHIVED_ARTICLE = "archived-article"
#: The archive documents and the sitemap of the part that is the key, the index of all sitemaps, and the news sitemap.
ARCHIVE = "archive"
SITEMAP = "sitemap"
SITEMAP_INDEX = "sitemap-index"
NEWS_SITEMAP = "news-sitemap"
#: Closes the archive documents that are due.
ARCHIVE_CLOSING = "archive-closing"
#: The kinds that are no documents, but lead to others that are.
INTERMEDIATE_KINDS = (ARCHIVED_ARTICLE, SELECTIONS)

#: While events keep coming, how often what they change is made. Readers follow a term, and find in the archive what the feed has
#: no longer; engines ask for sitemaps some times a day, which take the longest to make.
LISTING_INTERVAL = timedelta(seconds=1)
SITEMAP_INTERVAL = timedelta(seconds=5)
_EPOCH = datetime.fromtimestamp(0, UTC)


def next_slot(now: datetime, every: timedelta) -> datetime:
    """The next moment at which what is made that often has its turn, which is the same for all that is put off until then."""
    return now + every - (now - _EPOCH) % every


def of_listing(listing: Listing, *, anew: bool = False) -> Assembly:
    """The listing's page and feeds."""
    return Assembly(listing.kind, listing.key, anew)


def of_selections(touched: Iterable[Listing]) -> Assembly:
    """The selections that a change in these listings concerns."""
    key = "\n".join(sorted(listing.path for listing in touched))
    return Assembly(SELECTIONS, key if len(key.encode()) <= _MAX_KEY_BYTES else ALL_LISTINGS)


def touched_paths(key: str) -> Collection[str] | None:
    """The paths of the listings that `of_selections` was given; None for every listing."""
    return None if key == ALL_LISTINGS else frozenset(key.split("\n"))
