import pytest

from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.domain.site import Site
from tests.unit.workers.feeds.articles import ENGLISH, POLITICS, SITE
from workers.feeds import feed_title


@pytest.mark.parametrize(
    ("site", "listing", "title"),
    [
        (SITE, SITE_LISTING, "경남진"),
        (SITE, BREAKING_LISTING, "경남진 · 속보"),
        (SITE, POLITICS, "경남진 · 분야: 정치"),
        (SITE, Listing(ListingKind.TAG, "apec", "APEC"), "경남진 · 태그: APEC"),
        (ENGLISH, SITE_LISTING, "News"),
        (ENGLISH, BREAKING_LISTING, "News — Breaking"),
        (ENGLISH, Listing(ListingKind.CATEGORY, "politics", "Politics"), "News — Category: Politics"),
        (ENGLISH, Listing(ListingKind.AUTHOR, "kim", "{Kim}"), "News — Author: {Kim}"),
    ],
)
def test_listing_is_named_in_the_sites_language(site: Site, listing: Listing, title: str) -> None:
    assert feed_title(site, listing) == title
