"""A feed that an article has left is as new as that: its date never goes back, and stays while nothing in it changes."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree

from tests.clock import START, Clock
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_anew import everything, rebuild
from tests.integration.workers.test_selections import choose

CATEGORY = "category/정치"


def date(bureau: Bureau, path: str) -> str:
    """How long after the clock's start the feed was last updated, as its Atom and its RSS say."""
    atom = etree.fromstring(bureau.text(f"{path}.atom").encode()).findtext("{http://www.w3.org/2005/Atom}updated", "")
    rss = etree.fromstring(bureau.text(f"{path}.rss").encode()).findtext("channel/lastBuildDate", "")
    assert parsedate_to_datetime(rss).isoformat() == atom
    return str(parsedate_to_datetime(rss) - START)


def test_end_of_breaking_news_by_its_publisher_is_the_feeds_date(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("하나", breaking=True)
    clock.advance(60)
    second = bureau.newsroom.post("둘", breaking=True)
    bureau.syndicate()
    assert date(bureau, "breaking") == "0:01:00"
    clock.advance(60)
    bureau.newsroom.revise(second, "둘")
    bureau.syndicate()

    assert date(bureau, "breaking") == "0:02:00"


def test_end_of_breaking_time_is_the_date_of_a_feed_that_is_empty_then(bureau: Bureau, clock: Clock) -> None:
    article = bureau.newsroom.post("하나", breaking=True)
    clock.advance(60)
    bureau.newsroom.end_breaking(article)
    bureau.syndicate()

    assert date(bureau, "breaking") == "0:01:00"
    assert date(bureau, "feed") == "0:00:00"


def test_feed_of_a_term_is_as_new_as_the_change_that_took_its_newest_article_out(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("하나", categories=("정치",))
    clock.advance(60)
    second = bureau.newsroom.post("둘", categories=("정치",))
    clock.advance(60)
    bureau.newsroom.revise(second, "둘", categories=("경제",))
    bureau.syndicate()

    assert date(bureau, CATEGORY) == "0:02:00"


def test_article_that_moves_behind_the_others_leaves_its_place(bureau: Bureau, clock: Clock) -> None:
    moved = [bureau.newsroom.post(f"기사 {number}") for number in range(bureau.runtime.settings.feed_entries + 1)][-1]
    clock.advance(60)
    bureau.newsroom.revise(moved, "옛일", published_at=START - timedelta(days=1))
    bureau.syndicate()

    assert moved.urn not in bureau.text("feed.atom")
    assert date(bureau, "feed") == "0:01:00"


def test_article_that_stood_behind_the_feeds_last_changes_nothing_by_leaving(bureau: Bureau, clock: Clock) -> None:
    articles = []
    for number in range(bureau.runtime.settings.feed_entries + 2):
        articles.append(bureau.newsroom.post(f"기사 {number}", categories=("정치",)))
        clock.advance(1)
    bureau.syndicate()
    before = {path: bureau.text(f"{CATEGORY}.{path}") for path in ("rss", "atom", "json")}
    clock.advance(60)
    bureau.newsroom.revise(articles[0], "옮김")
    bureau.syndicate()

    assert {path: bureau.text(f"{CATEGORY}.{path}") for path in before} == before


def test_later_departure_of_a_newer_article_counts_and_an_earlier_one_is_forgotten(bureau: Bureau, clock: Clock) -> None:
    articles = []
    for number in range(3):
        articles.append(bureau.newsroom.post(f"기사 {number}", categories=("정치",)))
        clock.advance(1)
    seen = []
    for article in (articles[2], articles[0], articles[1]):
        clock.advance(60)
        bureau.newsroom.revise(article, "옮김")
        with bureau.newsroom.database.read() as uow:
            [listing] = uow.listings.known(bureau.newsroom.site.id)
            seen.append([uow.departures.last(bureau.newsroom.site.id, listing, each.published_at or START) for each in articles])

    first, second, third = (START + timedelta(seconds=3 + 60 * turn) for turn in (1, 2, 3))
    assert seen == [[first, first, first], [second, first, first], [third, third, first]]


def test_date_does_not_go_back_with_the_clock(bureau: Bureau, clock: Clock) -> None:
    first, second = (bureau.newsroom.post(title, breaking=True) for title in ("하나", "둘"))
    clock.advance(60)
    bureau.newsroom.revise(second, "둘")
    clock.advance(-30)
    bureau.newsroom.end_breaking(first)
    bureau.syndicate()

    assert date(bureau, "breaking") == "0:01:00"


@pytest.mark.parametrize("wanted", [{"categories": ["정치"]}, {"breaking": True}, {"categories": ["정치"], "tags": ["부산"]}])
def test_selection_is_as_new_as_what_left_the_lists_that_it_names(
    bureau: Bureau, clock: Clock, wanted: dict[str, object]
) -> None:
    choose(bureau, "chosen", **wanted)
    bureau.newsroom.post("하나", categories=("정치",), tags=("부산",), breaking=True)
    clock.advance(60)
    second = bureau.newsroom.post("둘", categories=("정치",), tags=("부산",), breaking=True)
    clock.advance(60)
    bureau.newsroom.revise(second, "둘")
    bureau.syndicate()

    assert date(bureau, "selection/chosen") == "0:02:00"


def test_dates_are_found_again_by_whoever_makes_the_feeds_anew(bureau: Bureau, clock: Clock) -> None:
    choose(bureau, "chosen", categories=["정치"])
    article = bureau.newsroom.post("하나", categories=("정치",), breaking=True)
    clock.advance(60)
    bureau.newsroom.revise(article, "둘")
    bureau.syndicate()
    before = everything(bureau)
    clock.advance(60)

    rebuild(bureau)

    assert everything(bureau) == before
