"""The archive and the sitemaps as the world sees them: every address that is named leads to something, every article is found."""

from typing import Any

import feedparser
import orjson
import pytest
from lxml import etree

from tests.publisher import Publisher
from tests.system import System
from tests.unit.workers.feeds.schemas import SITEMAP
from tests.waiting import eventually

MONTHS = 5
#: With so many newer ones in the feed, an article is in the archive.
NEWER = 25


@pytest.fixture(scope="module")
def publisher(system: System) -> Publisher:
    """A site with an article of each of some months, and newer ones; one was corrected, and one more withdrawn."""
    made = system.publisher()
    posted = [made.post(f"기사 {month}", published_at=f"2025-{month:02}-03T10:00:00+09:00") for month in range(1, MONTHS + 1)]
    gone = made.post("철회된 기사", published_at="2025-03-04T10:00:00+09:00")
    assert made.send("PATCH", f"/articles/{posted[1]['id']}", {"correction_note": "바로잡습니다"}, If_Match='"1"').status == 200
    assert made.send("DELETE", f"/articles/{gone['id']}", If_Match='"1"').status == 200
    for number in range(NEWER):
        made.post(f"새 기사 {number}", published_at=f"2025-06-{number + 1:02}T10:00:00+09:00")
    made.await_text("feed/2025/03.atom", "deleted-entry")
    made.await_text("feed/2025/02.atom", "바로잡습니다")
    made.await_text("sitemap.xml", f"sitemap-2025-0{MONTHS}.xml")
    eventually(lambda: len(walked(made)) > MONTHS)
    return made


def walked(publisher: Publisher) -> list[str]:
    """The paths of the archive's documents, from the current feed backwards."""
    paths = ["feed.atom"]
    while True:
        parsed = feedparser.parse(publisher.read(paths[-1]).body)
        assert not parsed.bozo
        previous = [link.href.removeprefix(publisher.site.url()) for link in parsed.feed.links if link.rel == "prev-archive"]
        if not previous:
            return paths[1:]
        paths += previous


def titles(publisher: Publisher, path: str) -> list[str]:
    return [entry.title for entry in feedparser.parse(publisher.read(path).body).entries]


ALL = [f"기사 {month}" for month in range(1, MONTHS + 1)] + [f"새 기사 {number}" for number in range(NEWER)]


def test_walk_to_the_beginning_finds_each_article_once(publisher: Publisher) -> None:
    paths = walked(publisher)

    assert {f"feed/2025/0{month}.atom" for month in range(1, MONTHS + 1)} < {*paths}
    archived = [title for path in paths for title in titles(publisher, path)]
    assert len(archived) == len(set(archived))
    assert {*archived, *titles(publisher, "feed.atom")} == {*ALL}


def test_reader_who_follows_next_url_finds_each_article_and_none_that_is_gone(publisher: Publisher) -> None:
    feeds: list[dict[str, Any]] = []
    url = publisher.site.url("feed.json")
    while url:
        answer = publisher.read(url.removeprefix(publisher.site.url()))
        assert (answer.status, answer.headers["content-type"]) == (200, "application/feed+json; charset=utf-8")
        feeds.append(orjson.loads(answer.body))
        assert feeds[-1]["feed_url"] == url
        url = feeds[-1].get("next_url", "")

    current, *earlier = [[item["title"] for item in feed["items"]] for feed in feeds]
    assert current == [*reversed(ALL)]
    archived = [title for page in earlier for title in page]
    assert len(archived) == len(set(archived))
    assert {*archived, *current} == {*ALL}
    assert publisher.read("feed/2024/12.json").status == 404


def test_sitemaps_lead_to_every_page_that_is_there(publisher: Publisher) -> None:
    def locations(path: str) -> list[str]:
        found = etree.fromstring(publisher.read(path).body).iter(f"{SITEMAP}loc")
        return [(each.text or "").removeprefix(publisher.site.url()) for each in found]

    def all_pages() -> list[str]:
        return [page for sitemap in locations("sitemap.xml") for page in locations(sitemap)]

    eventually(lambda: len(all_pages()) >= len(ALL) + 3)  # the index, the breaking list and the page of feeds; some seconds later
    pages = all_pages()
    assert len(pages) == len(set(pages)) == len(ALL) + 3
    assert {publisher.read(page).status for page in pages} == {200}
