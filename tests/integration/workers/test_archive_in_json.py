"""The archive in JSON Feed: whoever follows `next_url` from the current feed finds every article, and none that was withdrawn."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from sokbo.domain import archive
from sokbo.storage import Database, migrate
from tests.clock import Clock
from tests.integration.storage.test_migrations import downgrade
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_anew import everything, rebuild
from tests.integration.workers.test_archive import SIZE, correct_and_withdraw, fill, once, walk

small_documents = pytest.mark.usefixtures("of_small_size")


@pytest.fixture
def of_small_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "DOCUMENT_ARTICLES", SIZE)


def read(bureau: Bureau, path: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(bureau.text(path))
    return document


def pages(bureau: Bureau) -> dict[str, dict[str, Any]]:
    """The archive's documents by path, from the current feed backwards."""
    made: dict[str, dict[str, Any]] = {}
    document = read(bureau, "feed.json")
    while following := document.get("next_url"):
        path = following.split("/", 3)[3]
        assert path not in made
        document = made[path] = read(bureau, path)
    return made


def found(bureau: Bureau) -> Counter[str]:
    """How often each article stands in the archive."""
    return Counter(item["id"] for page in pages(bureau).values() for item in page["items"])


@small_documents
def test_next_url_leads_through_the_same_documents_as_prev_archive(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)

    made = pages(bureau)
    assert [path.removesuffix(".json") for path in made] == [path.removesuffix(".atom") for path in walk(bureau)]
    assert found(bureau) == once(articles)
    site = bureau.newsroom.site
    assert [page["feed_url"] for page in made.values()] == [site.url(path) for path in made]
    assert {page["home_page_url"] for page in made.values()} == {site.url("")}


@small_documents
def test_each_article_is_found_once_after_corrections_and_the_withdrawn_ones_never(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)
    places = [*pages(bureau)]
    gone = correct_and_withdraw(bureau, clock, articles)

    assert found(bureau) == once([article for article in articles if article not in gone])
    assert [*pages(bureau)] == places
    notes = [item["_sokbo"].get("correction_note") for page in pages(bureau).values() for item in page["items"]]
    assert notes.count("날짜를 바로잡습니다") == len(articles[::9])


def test_only_the_sites_own_feed_has_a_next_url(bureau: Bureau) -> None:
    assert "next_url" not in read(bureau, "feed.json")
    bureau.newsroom.post("속보", breaking=True, categories=("정치",))
    bureau.syndicate()

    feeds = [path for path in bureau.versions() if path.endswith(".json")]
    assert {"breaking.json", "category/정치.json"} <= {*feeds}
    assert [path for path in feeds if "next_url" in read(bureau, path)] == ["feed.json"]


@small_documents
def test_documents_follow_the_sites_new_title_and_address(bureau: Bureau, database: Database, clock: Clock) -> None:
    articles = fill(bureau, clock)
    with database.write() as uow:
        uow.sites.save(replace(bureau.newsroom.site, title="새 이름", base_url="https://moved.example"))
        uow.commit()
    rebuild(bureau)

    assert found(bureau) == once(articles)
    assert {page["title"] for page in pages(bureau).values()} == {"새 이름"}
    assert all("https://site-" not in bureau.text(path) for path in pages(bureau))


def locations(bureau: Bureau) -> list[str]:
    return re.findall("<loc>(.*?)</loc>", bureau.text("sitemap.xml"))


def test_documents_of_an_archive_that_was_in_atom_alone_come_with_the_migration(
    bureau: Bureau, database_url: str, clock: Clock
) -> None:
    articles = fill(bureau, clock)
    bureau.newsroom.withdraw(articles[3])
    bureau.syndicate()
    before = everything(bureau)
    moved = {path for path in before if path.startswith("sitemap-")}  # by a later migration, which is undone with it
    lost = pages(bureau).keys() | moved
    assert len(pages(bureau)) > 1
    listed = locations(bureau)
    downgrade(database_url, "0010")
    assert bureau.versions().keys() == before.keys() - lost

    migrate(database_url)
    bureau.sweep()

    after = everything(bureau)
    del before["sitemap.xml"], after["sitemap.xml"]  # the sitemaps that moved are new files, and it says since when
    assert after == before
    assert locations(bureau) == listed
