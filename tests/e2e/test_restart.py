"""A system that was stopped and started again answers with the same bytes, tags and times."""

from pathlib import Path

from tests.client import Answer
from tests.publisher import Publisher
from tests.system import up
from tests.waiting import eventually

FEEDS = ("feed.rss", "feed.atom", "feed.json", "category/정치.atom", "feeds.opml", "sitemap.xml", "news-sitemap.xml")
PATHS = (*FEEDS, "", "1/하나", "feeds")
TOLD = ("etag", "last-modified", "content-type", "cache-control", "vary")


def read(publisher: Publisher) -> dict[str, tuple[bytes, list[str | None]]]:
    """All that is told, once the second has come since which each is as it is."""
    eventually(lambda: all("last-modified" in publisher.read(path).headers for path in PATHS))
    answers: dict[str, Answer] = {path: publisher.read(path) for path in PATHS}
    assert {answer.status for answer in answers.values()} == {200}
    return {path: (answer.body, [answer.headers.get(name) for name in TOLD]) for path, answer in answers.items()}


def test_unchanged_documents_are_the_same_bytes_after_a_restart(tmp_path: Path) -> None:
    with up(tmp_path) as system:
        # An address of its own: those of sites that are at the service's own address follow it to another port.
        before = system.create_site(base_url="https://paper.example")
        before.await_status("feed.rss", 200)
        before.post("하나", categories=["정치"], breaking=True)
        before.await_text("category/정치.atom", "하나")
        before.await_text("news-sitemap.xml", "하나")
        before.await_text("sitemap.xml", "<lastmod>")
        first = read(before)
    assert [log.name for log in system.logs.glob("*.log") if '"level":"error"' in log.read_text()] == []
    with up(tmp_path) as system:
        after = Publisher(system.urls[0], before.site, before.token)
        assert read(after) == first
