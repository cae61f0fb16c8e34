import pytest

from sokbo.domain.article import Author, Content
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind, terms


@pytest.mark.parametrize(
    ("listing", "page", "feed"),
    [
        (SITE_LISTING, "", "feed.rss"),
        (BREAKING_LISTING, "breaking", "breaking.rss"),
        (Listing(ListingKind.CATEGORY, "정치", "정치"), "category/정치", "category/정치.rss"),
        (Listing(ListingKind.AUTHOR, "kim-gija", "Kim Gija"), "author/kim-gija", "author/kim-gija.rss"),
    ],
)
def test_listing_has_a_page_and_a_feed(listing: Listing, page: str, feed: str) -> None:
    assert (listing.path, listing.feed_path("rss")) == (page, feed)


def test_terms_are_each_listed_once_under_their_slug_with_the_label_first_written() -> None:
    content = Content("t", "", "", "", ("World", "world", "🚨"), ("APEC", "정치"), (Author("김기자"), Author("김기자")))
    assert terms(content) == [
        Listing(ListingKind.CATEGORY, "world", "World"),
        Listing(ListingKind.TAG, "apec", "APEC"),
        Listing(ListingKind.TAG, "정치", "정치"),
        Listing(ListingKind.AUTHOR, "김기자", "김기자"),
    ]
