"""Documents that are wanted anew, because of a change in what they show."""

from dataclasses import dataclass

from sokbo.domain.feed import Listing, ListingKind


@dataclass(frozen=True, slots=True, order=True)
class Assembly:
    """Documents that are made together. `kind` is a ListingKind or another of the workers' makers, `key` says which of its kind.

    `anew`: they are stored even if they say what is stored already, which is then not relied on.
    """

    kind: str
    key: str = ""
    anew: bool = False


#: All of the site's selections: which of them a change concerns is found out when they are assembled.
SELECTIONS = Assembly(ListingKind.SELECTION)
#: What lists all the site's feeds: the page, the subscription list, the sitemap of pages.
FEEDS = "feeds"
#: The archive's entry of the article with the id that is the key; it leads to those below.
ARCHIVED_ARTICLE = "archived-article"
#: The archive document and the sitemap of the part that is the key, the index of all sitemaps, and the news sitemap.
ARCHIVE = "archive"
SITEMAP = "sitemap"
SITEMAP_INDEX = "sitemap-index"
NEWS_SITEMAP = "news-sitemap"


def of_listing(listing: Listing, *, anew: bool = False) -> Assembly:
    """The listing's page and feeds."""
    return Assembly(listing.kind, listing.key, anew)
