"""Tombstones stand in Atom feeds where the withdrawn articles would stand, and nowhere else."""

import feedparser
import pytest
from lxml import etree

from tests.clock import Clock
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_selections import choose
from tests.unit.workers.feeds.w3c import TOMBSTONE

ATOM = "{http://www.w3.org/2005/Atom}"
OTHERS = ("feed.rss", "feed.json", "", "category/정치.rss", "category/정치")


def order(bureau: Bureau, path: str) -> list[str]:
    """The ids of a feed's entries and tombstones, in order; a tombstone's begins with a dagger."""
    feed = etree.fromstring(bureau.text(path).encode())
    shown = [child for child in feed if child.tag in {f"{ATOM}entry", TOMBSTONE}]
    return [f"†{child.get('ref')}" if child.tag == TOMBSTONE else child.findtext(f"{ATOM}id", "") for child in shown]


def test_tombstone_stands_where_the_article_stood_in_each_of_its_feeds(bureau: Bureau, clock: Clock) -> None:
    first, gone, last = (bureau.newsroom.post(title, categories=("정치",)) for title in ("하나", "둘", "셋"))
    clock.advance(60)
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()

    for path in ("feed.atom", "category/정치.atom"):
        assert order(bureau, path) == [last.urn, f"†{gone.urn}", first.urn]
        assert 'when="2026-03-02T09:01:00+00:00"' in bureau.text(path)
        assert not feedparser.parse(bureau.text(path)).bozo
    assert not any(gone.urn in bureau.text(path) or "tombstones" in bureau.text(path) for path in OTHERS)


def test_namespace_of_tombstones_is_declared_only_where_one_stands(bureau: Bureau) -> None:
    bureau.newsroom.post("하나", categories=("정치",))
    bureau.newsroom.withdraw(bureau.newsroom.post("둘", categories=("경제",)))
    bureau.syndicate()

    assert "tombstones" in bureau.text("feed.atom")
    assert "tombstones" in bureau.text("category/경제.atom")
    assert "tombstones" not in bureau.text("category/정치.atom")


def test_withdrawal_takes_no_living_article_its_place(bureau: Bureau, clock: Clock) -> None:
    most = bureau.runtime.settings.feed_entries
    articles = []
    for number in range(most + 10):
        articles.append(bureau.newsroom.post(f"기사 {number}"))
        clock.advance(1)
    gone = [articles[3], articles[-1], articles[-5]]
    for article in gone:
        bureau.newsroom.withdraw(article)
    bureau.syndicate()

    shown = [item for item in order(bureau, "feed.atom") if not item.startswith("†")]
    assert shown == [article.urn for article in reversed(articles) if article not in gone][:most]
    assert [item for item in order(bureau, "feed.atom") if item.startswith("†")] == [
        f"†{articles[-1].urn}",
        f"†{articles[-5].urn}",
    ]
    assert bureau.text("feed.rss").count("<item>") == most


def test_tombstone_leaves_the_feed_as_the_article_would_have(bureau: Bureau, clock: Clock) -> None:
    gone = bureau.newsroom.post("하나")
    bureau.newsroom.withdraw(gone)
    for number in range(bureau.runtime.settings.feed_entries):
        clock.advance(1)
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()

    assert f"†{gone.urn}" not in order(bureau, "feed.atom")


def test_feed_is_as_new_as_its_newest_withdrawal(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("하나")
    gone = bureau.newsroom.post("둘")
    clock.advance(3600)
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()

    assert "<updated>2026-03-02T10:00:00+00:00</updated>" in bureau.text("feed.atom").partition("<entry>")[0]
    assert "Mon, 02 Mar 2026 10:00:00 +0000" in bureau.text("feed.rss")


def test_feed_of_withdrawn_articles_alone_is_still_a_feed(bureau: Bureau) -> None:
    gone = bureau.newsroom.post("하나", breaking=True)
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()

    assert order(bureau, "feed.atom") == order(bureau, "breaking.atom") == [f"†{gone.urn}"]
    assert not feedparser.parse(bureau.text("feed.rss")).bozo


@pytest.mark.parametrize("detail", ["full", "summary"])
def test_tombstone_stands_in_the_selections_that_the_article_stood_in(bureau: Bureau, clock: Clock, detail: str) -> None:
    for name, term in (("politics", "정치"), ("economy", "경제")):
        choose(bureau, name, categories=[term], content=detail, entries=2)
    gone, *_, last = (bureau.newsroom.post(title, categories=("정치",)) for title in ("하나", "둘"))
    clock.advance(60)
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()

    assert order(bureau, "selection/politics.atom") == [last.urn, f"†{gone.urn}"]
    assert not feedparser.parse(bureau.text("selection/politics.atom")).bozo
    assert "updated>2026-03-02T09:01:00+00:00" in bureau.text("selection/politics.atom")
    assert order(bureau, "selection/economy.atom") == []
    assert gone.urn not in bureau.text("selection/politics.rss") + bureau.text("selection/politics.json")

    for title in ("셋", "넷"):
        bureau.newsroom.post(title, categories=("정치",))
    bureau.syndicate()
    assert "†" not in "".join(order(bureau, "selection/politics.atom"))


def test_selections_tombstones_stand_in_order_the_newest_first(bureau: Bureau, clock: Clock) -> None:
    choose(bureau, "politics", categories=["정치"])
    articles = []
    for number in range(5):
        articles.append(bureau.newsroom.post(f"기사 {number}", categories=("정치",)))
        clock.advance(1)
    for article in (articles[3], articles[0], articles[4], articles[1], articles[2]):
        bureau.newsroom.withdraw(article)
    bureau.syndicate()

    assert order(bureau, "selection/politics.atom") == [f"†{article.urn}" for article in reversed(articles)]


def test_breaking_selection_has_tombstones_of_what_broke(bureau: Bureau) -> None:
    choose(bureau, "alarm", breaking=True)
    broke, other = bureau.newsroom.post("큰불", breaking=True), bureau.newsroom.post("작은 불")
    bureau.syndicate()
    bureau.newsroom.withdraw(broke)
    bureau.newsroom.withdraw(other)
    bureau.syndicate()

    assert order(bureau, "selection/alarm.atom") == [f"†{broke.urn}"]
