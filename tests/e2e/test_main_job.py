"""From POST to feed, page and footer, over everything that `sokbo up` starts."""

import io
import sys
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fastfeedparser
import feedparser
import feedparser_sgmllib
import pytest

from tests.client import Answer, ask
from tests.publisher import Publisher
from tests.system import System
from tests.waiting import PROMPT_SECONDS, eventually

FIXTURES = Path(__file__).parents[1] / "fixtures"
FEEDS = ("feed.rss", "feed.atom", "feed.json")
#: The publishers' own pages, where the checkout lies beside them.
SAMPLES = Path(__file__).parents[3] / "shared" / "samples"

PAGES = {
    "jekyll": (FIXTURES / "jekyll-post.md", "text/markdown", "남해안 여객선, 10년 만에 새벽 운항 재개한다"),
    "scraped": (FIXTURES / "ingest-scraped.md", "text/markdown", "한강 다리 야간 통행은 언제 열리나?"),
    "scraped-text": (FIXTURES / "ingest-scraped.txt", "text/plain", "한강 다리 야간 통행은 언제 열리나?"),
}
if SAMPLES.exists():
    PAGES["their-jekyll"] = (SAMPLES / "jekyll-post.md", "text/markdown", "북러 밀착 한국과 라오스의 강력한 규탄!")
    PAGES["their-scraped"] = (SAMPLES / "scraped-page.txt", "text/plain", "러시아 북한 군사 지원 우려의 진실은?")


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize("name", PAGES)
def test_page_posted_as_it_is_reads_in_every_feed_and_on_its_page_at_once(publisher: Publisher, name: str) -> None:
    file, content_type, title = PAGES[name]
    answer = publisher.send("POST", "/articles", file.read_bytes(), content_type)
    assert answer.status == 201, answer.text
    posted = time.monotonic()
    article = answer.json
    found = {path: publisher.await_text(path, article["id"]) for path in FEEDS}
    page = publisher.await_status(f"{article['number']}/{article['slug']}", 200)
    assert time.monotonic() - posted < PROMPT_SECONDS

    full = publisher.send("GET", f"/articles/{article['id']}").json
    assert full["title"] == title
    for path in ("feed.rss", "feed.atom"):
        parsed = feedparser.parse(io.BytesIO(found[path].body))
        assert parsed.bozo == 0
        assert [entry.title for entry in parsed.entries] == [title]
        assert fastfeedparser.parse(found[path].text).entries[0].title == title
    assert [item["title"] for item in found["feed.json"].json["items"]] == [title]
    assert title in page.text


def test_feed_reader_subscribes_and_sees_an_update(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    article = publisher.post("하나", summary="요약")
    publisher.await_text("feed.atom", "하나")
    monkeypatch.setitem(sys.modules, "sgmllib", feedparser_sgmllib)  # it knows the module by its old name only
    from reader import make_reader

    reader = make_reader(":memory:")
    try:
        for suffix in ("rss", "atom", "json"):
            reader.add_feed(f"{publisher.url}/{publisher.site.name}/feed.{suffix}")
        reader.update_feeds(scheduled=False)
        assert [entry.title for entry in reader.get_entries()] == ["하나"] * 3
        publisher.send("PATCH", f"/articles/{article['id']}", {"title": "둘"}, If_Match='"1"')
        for path in FEEDS:
            publisher.await_text(path, "둘")
        reader.update_feeds(scheduled=False)
        assert [entry.title for entry in reader.get_entries()] == ["둘"] * 3  # the same entries, by their ids
    finally:
        reader.close()


def test_answer_says_where_the_article_is(publisher: Publisher) -> None:
    article = publisher.post("새벽 배", categories=["정치"])
    assert (article["number"], article["slug"], article["revision"], article["state"]) == (1, "새벽-배", 1, "published")
    for path in ("", "category/정치", "category/정치.atom"):
        publisher.await_text(path, "새벽 배")
    assert article["url"] == f"{publisher.site.base_url}/1/%EC%83%88%EB%B2%BD-%EB%B0%B0"
    permalink = publisher.read("1")
    assert (permalink.status, permalink.headers["location"]) == (301, "1/%EC%83%88%EB%B2%BD-%EB%B0%B0")


def test_breaking_news_leads_every_page_and_the_list_until_its_end(publisher: Publisher) -> None:
    old = publisher.post("어제 일")
    page = f"{old['number']}/{old['slug']}"
    for path in ("", page, "breaking.html"):
        publisher.await_text(path, "newsdao.example")
    ends = time.monotonic() + 2
    publisher.post("큰불", breaking=True, breaking_until=soon(2))
    for path in (page, "breaking.html", "breaking.json", "breaking.rss"):
        publisher.await_text(path, "큰불")
    assert "newsdao.example" not in publisher.read("breaking.html").text
    publisher.await_no_text("breaking.json", "큰불")
    assert -0.05 <= time.monotonic() - ends < PROMPT_SECONDS
    for path in (page, "breaking.html"):
        assert "newsdao.example" in publisher.await_no_text(path, "큰불").text
    assert "큰불" in publisher.read("feed.rss").text


def test_correction_replaces_the_words_and_shows_its_note(publisher: Publisher) -> None:
    article = publisher.post("하나", tags=["apec"])
    publisher.await_text("tag/apec.rss", "하나")
    new = {"title": "둘", "content": "<p>고친 글</p>", "correction_note": "숫자를 바로잡습니다"}
    answer = publisher.send("PUT", f"/articles/{article['id']}", new)
    assert (answer.status, answer.json["revision"], answer.headers["etag"]) == (200, 2, '"2"')
    for path in (*FEEDS, f"{article['number']}/{article['slug']}"):
        text = publisher.await_text(path, "숫자를 바로잡습니다").text
        assert "둘" in text
    publisher.await_no_text("tag/apec.rss", "하나")
    revisions = publisher.send("GET", f"/articles/{article['id']}/revisions").json["items"]
    assert [(item["revision"], item["title"]) for item in revisions] == [(2, "둘"), (1, "하나")]


def test_withdrawn_article_is_410_and_in_no_feed(publisher: Publisher) -> None:
    article = publisher.post("가짜", categories=["정치"], breaking=True)
    page = f"{article['number']}/{article['slug']}"
    publisher.await_text("breaking.html", "가짜")
    answer = publisher.send("DELETE", f"/articles/{article['id']}", If_Match='"1"')
    assert (answer.status, answer.json["state"]) == (200, "withdrawn")
    publisher.await_status(page, 410)
    for path in (page, *FEEDS, "", "category/정치", "category/정치.json", "breaking.html", "breaking.json"):
        publisher.await_no_text(path, "가짜")
    assert publisher.send("DELETE", f"/articles/{article['id']}").status == 200
    again = publisher.send("PUT", f"/articles/{article['id']}", {"title": "x", "markdown": "x"})
    assert (again.status, again.json["code"]) == (410, "gone")


def test_scheduled_article_is_visible_at_its_hour_and_not_before(publisher: Publisher) -> None:
    publisher.post("오늘")
    publisher.await_text("feed.rss", "오늘")
    due = datetime.now(UTC) + timedelta(seconds=2)
    article = publisher.post("내일", published_at=due.isoformat())
    assert article["state"] == "scheduled"
    page = f"{article['number']}/{article['slug']}"

    def seen() -> datetime | None:
        text, now = publisher.read("feed.rss").text, datetime.now(UTC)
        assert "내일" not in text or now >= due
        assert publisher.read(page).status == 404 or datetime.now(UTC) >= due
        return now if "내일" in text else None

    visible = eventually(seen)
    assert visible is not None
    assert visible - due < timedelta(seconds=PROMPT_SECONDS)
    assert publisher.await_status(page, 200).status == 200


def test_site_with_a_host_of_its_own_needs_no_prefix(system: System) -> None:
    publisher = system.create_site(base_url="https://paper.example")
    article = publisher.post("하나")
    publisher.await_text("feed.rss", "하나")

    def at_host(path: str) -> Answer:
        return ask("GET", f"{publisher.url}/{path}", headers={"Host": "paper.example"})

    assert at_host("feed.rss").body == publisher.read("feed.rss").body
    assert "하나" in at_host("").text
    assert at_host("1").headers["location"] == article["url"].removeprefix("https://paper.example/")
    assert at_host("v1/partners").json["code"] == "unauthorized"


def test_sites_are_worlds_of_their_own(publisher: Publisher, system: System) -> None:
    other = system.publisher()
    article = publisher.post("하나", external_id="same")
    other.post("둘", external_id="same")
    publisher.await_text("feed.rss", "하나")
    assert "하나" not in other.await_text("feed.rss", "둘").text
    for method, body in (("GET", None), ("PUT", {"title": "x", "markdown": "x"}), ("DELETE", None)):
        assert other.send(method, f"/articles/{article['id']}", body).status == 404


def test_feed_of_an_article_with_hostile_words_is_well_formed(publisher: Publisher) -> None:
    publisher.post("<b>AT&T</b> ]]> 🚨", content="<p onclick=x>글<script>alert(1)</script></p>", markdown=None)
    for path in ("feed.rss", "feed.atom"):
        answer = publisher.await_text(path, "AT")
        ET.fromstring(answer.text)
        assert "alert(1)" not in answer.text
        assert "onclick" not in answer.text
