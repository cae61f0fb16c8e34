"""Programs that people read feeds with take all that articles can hold: the reader library, newsboat."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import feedparser_sgmllib
import pytest

from tests.unit.workers.feeds.articles import NASTY
from tests.unit.workers.feeds.members import MEMBERS

NEWSBOAT = shutil.which("newsboat")
ALL = [*NASTY.values()]
#: Those that look at the articles as feed readers do; of each feed, how many of them an archive shows as withdrawn.
FEEDS = {name: int("/" in name) for name, member in MEMBERS.items() if member.is_feed}
XML_FEEDS = {name: withdrawn for name, withdrawn in FEEDS.items() if not name.endswith("json")}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> object:
    """The library. Its own copy of feedparser asks for a module by a name that this one had before."""
    monkeypatch.setitem(sys.modules, "sgmllib", feedparser_sgmllib)
    import reader

    return reader


@pytest.mark.parametrize("name", FEEDS)
def test_reader_library_takes_the_feed_before_and_after_nasty_articles(reader: object, name: str, tmp_path: Path) -> None:
    file = tmp_path / name.rpartition("/")[2]
    library = reader.make_reader(":memory:", feed_root=str(tmp_path))  # type: ignore[attr-defined]  # it ships no types
    library.add_feed(file.name)
    for articles in (ALL[:2], ALL):
        file.write_bytes(MEMBERS[name].document(articles))
        library.update_feed(file.name)
        assert library.get_feed(file.name).last_exception is None
        shown = articles[: len(articles) - FEEDS[name]]
        assert {article.urn for article in shown} <= {entry.id for entry in library.get_entries(feed=file.name)}
    library.close()


@pytest.mark.skipif(NEWSBOAT is None, reason="needs newsboat, which is not installed")
@pytest.mark.parametrize("name", XML_FEEDS)
def test_newsboat_takes_the_feed_before_and_after_nasty_articles(name: str, tmp_path: Path) -> None:
    file = tmp_path / "feed"
    (tmp_path / "urls").write_text(f"file://{file}\n")
    for articles in (ALL[:2], ALL):
        file.write_bytes(MEMBERS[name].document(articles))
        newsboat(tmp_path, "-x", "reload")
        with closing(sqlite3.connect(tmp_path / "cache.db")) as cache:
            ids = {guid for (guid,) in cache.execute("SELECT guid FROM rss_item")}
        assert {article.urn for article in articles[: len(articles) - XML_FEEDS[name]]} <= ids


@pytest.mark.skipif(NEWSBOAT is None, reason="needs newsboat, which is not installed")
def test_newsboat_imports_the_subscription_list(tmp_path: Path) -> None:
    (tmp_path / "urls").touch()
    (tmp_path / "feeds.opml").write_bytes(MEMBERS["feeds.opml"].document(ALL))

    newsboat(tmp_path, "-i", "feeds.opml")

    subscribed = (tmp_path / "urls").read_text().splitlines()
    assert "https://gnj.example.kr/feed.rss" in subscribed
    assert 'https://gnj.example.kr/category/%EC%A0%95%EC%B9%98.rss "분야"' in subscribed


def newsboat(folder: Path, *arguments: str) -> None:
    (folder / "config").touch()
    subprocess.run(
        [str(NEWSBOAT), "-u", "urls", "-c", "cache.db", "-C", "config", *arguments],
        cwd=folder,
        env={"HOME": str(folder), "LANG": "C.UTF-8", "TERM": "dumb"},
        check=True,
        timeout=30,
        capture_output=True,
    )
