"""Feeds say which hub tells of their changes, but for those that nobody can be told of (WebSub section 4)."""

from dataclasses import replace

import feedparser
import orjson
import pytest

from sokbo.domain.archive import Part
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from tests.unit.workers.feeds.articles import POLITICS, PUBLISHED, SITE
from workers.feeds import ARCHIVE, DIALECT_FORMATS, FORMATS, NO_HISTORY, SUMMARIES, FeedFormat, History, Options
from workers.feeds.format import PUBLIC

HUB = "https://gnj.example.kr/hub"
CHOSEN = Listing(ListingKind.SELECTION, "chosen", "고른 것")
PART, BEFORE, AFTER = Part("2026-03", 2), Part("2026-03", 1), Part("2026-04", 1)

every_format = pytest.mark.parametrize(
    "form", [*FORMATS.values(), *SUMMARIES, *DIALECT_FORMATS.values()], ids=lambda form: str(form.format)
)


def document(form: FeedFormat, listing: Listing = CHOSEN, *, history: History = NO_HISTORY, options: Options = PUBLIC) -> bytes:
    shell = form.shell(SITE, listing, PUBLISHED, history=history, options=options)
    return shell.head + shell.tail


def hubs(form: FeedFormat, made: bytes) -> list[str]:
    """The addresses of the hubs that it names."""
    if form.suffix == "json":
        named = orjson.loads(made).get("hubs", [])
        assert {hub["type"] for hub in named} <= {"WebSub"}
        return [hub["url"] for hub in named]
    return [link["href"] for link in feedparser.parse(made).feed.links if link["rel"] == "hub"]


@every_format
@pytest.mark.parametrize("listing", [SITE_LISTING, BREAKING_LISTING, POLITICS, CHOSEN], ids=lambda listing: listing.kind)
def test_public_feed_names_its_sites_hub_once(form: FeedFormat, listing: Listing) -> None:
    assert hubs(form, document(form, listing)) == [HUB]


@every_format
def test_hub_goes_where_its_site_goes(form: FeedFormat) -> None:
    moved = replace(SITE, base_url="http://127.0.0.1:8080/gnj")
    shell = form.shell(moved, CHOSEN, PUBLISHED)

    assert hubs(form, shell.head + shell.tail) == ["http://127.0.0.1:8080/gnj/hub"]


@every_format
def test_hidden_feed_names_no_hub(form: FeedFormat) -> None:
    made = document(form, options=Options(hidden=True))

    assert hubs(form, made) == []
    assert b"/hub" not in made


@pytest.mark.parametrize("form", ARCHIVE, ids=lambda form: str(form.format))
@pytest.mark.parametrize("history", [History(PART, BEFORE, AFTER), History(PART, is_open=True)], ids=["closed", "open"])
def test_document_of_the_archive_names_no_hub(form: FeedFormat, history: History) -> None:
    assert hubs(form, document(form, SITE_LISTING, history=history)) == []


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_current_feed_with_an_archive_names_the_hub(form: FeedFormat) -> None:
    assert hubs(form, document(form, SITE_LISTING, history=History(previous=BEFORE))) == [HUB]


@every_format
def test_channels_link_is_still_the_page(form: FeedFormat) -> None:
    made = document(form, POLITICS)
    page = "https://gnj.example.kr/category/%EC%A0%95%EC%B9%98"

    if form.suffix == "json":
        assert orjson.loads(made)["home_page_url"] == page
    else:
        assert feedparser.parse(made).feed.link == page


def test_rss_and_atom_say_no_type_of_the_hub() -> None:
    for form in (FORMATS[FragmentFormat.RSS], FORMATS[FragmentFormat.ATOM]):
        assert f'link href="{HUB}" rel="hub"/>'.encode() in document(form)
