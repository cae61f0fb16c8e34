from datetime import UTC, datetime
from typing import Any

import pytest

from sokbo.domain.article import Author, Content
from sokbo.domain.assembly import of_selections, touched_paths
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.domain.ids import SiteId
from sokbo.domain.selection import Selection, Terms, is_language, new_token, private_path

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def choice(**fields: Any) -> Selection:
    return Selection(SiteId(1), "chosen", "고른 것", NOW, **fields)


def content(**fields: Any) -> Content:
    return Content("제목", "<p>본문</p>", "본문", "요약", **fields)


def admits(chosen: Selection, *, breaking: bool = False, **fields: Any) -> bool:
    return chosen.admits(content(**fields), breaking=breaking, site_language="ko")


@pytest.mark.parametrize(
    ("tag", "wanted", "same"),
    [
        ("ko", "ko", True),
        ("ko-KR", "ko", True),
        ("ko", "ko-KR", True),
        ("EN-gb", "en-GB", True),
        ("en-US", "en-GB", False),
        ("en", "ko", False),
        ("kok", "ko", False),
        ("zh-Hant-TW", "zh-Hant", True),
    ],
)
def test_language_is_the_same_unless_a_part_differs(tag: str, wanted: str, same: bool) -> None:
    assert is_language(tag, wanted) is same


def test_empty_choice_takes_everything() -> None:
    assert admits(choice())
    assert admits(choice(), categories=("정치",), language="en", breaking=True)


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"categories": ("정치",)}, True),
        ({"categories": ("문화", "국제 외교")}, True),
        ({"categories": ("문화",)}, False),
        ({"tags": ("정치",)}, False),
        ({}, False),
    ],
)
def test_terms_of_one_kind_are_alternatives(fields: dict[str, Any], taken: bool) -> None:
    assert admits(choice(wanted=Terms(categories=("국제-외교", "정치"))), **fields) is taken


def test_kinds_must_all_hold() -> None:
    chosen = choice(wanted=Terms(categories=("정치",), tags=("apec",), authors=("kim",)))

    assert admits(chosen, categories=("정치",), tags=("APEC",), authors=(Author("Kim"),))
    assert not admits(chosen, categories=("정치",), tags=("APEC",))
    assert not admits(chosen, categories=("정치",), authors=(Author("Kim"),))


@pytest.mark.parametrize(
    "fields", [{"categories": ("광고",)}, {"tags": ("광고",)}, {"authors": (Author("광고"),)}], ids=["category", "tag", "author"]
)
def test_one_unwanted_term_keeps_an_article_out(fields: dict[str, Any]) -> None:
    chosen = choice(unwanted=Terms(categories=("광고",), tags=("광고",), authors=("광고",)))

    assert admits(chosen, categories=("정치",))
    assert not admits(chosen, **fields)


def test_article_without_a_language_is_in_the_sites() -> None:
    assert admits(choice(language="ko-KR"))
    assert not admits(choice(language="en"))
    assert admits(choice(language="en"), language="en-GB")


def test_breaking_choice_takes_what_is_breaking() -> None:
    assert not admits(choice(breaking=True))
    assert admits(choice(breaking=True), breaking=True)


def test_listing_says_where_its_feeds_are_and_that_it_has_no_page() -> None:
    listing = choice().listing

    assert (listing.kind, listing.label) == (ListingKind.SELECTION, "고른 것")
    assert listing.feed_path("rss") == "selection/chosen.rss"
    assert listing.page_path == ""
    assert private_path("chosen", "rss") == "selection/chosen/private.rss"


def test_tokens_hold_192_bits_and_fit_into_a_url() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token) == 32 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


@pytest.mark.parametrize(
    ("fields", "paths", "concerned"),
    [
        ({}, {""}, True),
        ({"unwanted": Terms(tags=("광고",))}, {"", "category/정치"}, True),
        ({"wanted": Terms(categories=("정치", "경제"))}, {"", "category/경제", "tag/apec"}, True),
        ({"wanted": Terms(categories=("정치",))}, {"", "tag/정치"}, False),
        ({"wanted": Terms(categories=("정치",), tags=("apec",))}, {"", "category/정치"}, False),
        ({"breaking": True}, {"", "breaking"}, True),
        ({"breaking": True}, {""}, False),
    ],
)
def test_change_concerns_a_selection_whose_every_kind_it_touches(
    fields: dict[str, Any], paths: set[str], concerned: bool
) -> None:
    assert choice(**fields).is_concerned(paths) is concerned


def test_wish_for_selections_names_the_touched_listings_as_long_as_they_are_few() -> None:
    few = [SITE_LISTING, Listing(ListingKind.CATEGORY, "정치"), BREAKING_LISTING]
    many = [Listing(ListingKind.TAG, f"{number}-{'가' * 80}") for number in range(50)]

    assert touched_paths(of_selections(few).key) == {"", "category/정치", "breaking"}
    assert touched_paths(of_selections(many).key) is None
