"""The archive in JSON Feed: whoever follows `next_url` from the current feed finds every article, and none that was withdrawn."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from sokbo.storage import Database, migrate
from tests.clock import Clock
from tests.integration.storage.test_migrations import downgrade
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_anew import rebuild
from tests.integration.workers.test_archive import SIZE, correct_and_withdraw, fill, once, settle, walk


@pytest.fixture
def feed_entries() -> int:
    return 2 * SIZE


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
    """How often each article is found in the archive; and in the current feed, if it isn't there yet."""
    archived = Counter(item["id"] for page in pages(bureau).values() for item in page["items"])
    archived.update({item["id"] for item in read(bureau, "feed.json")["items"]} - {*archived})
    return archived


def test_next_url_leads_through_the_same_documents_as_prev_archive(bureau: Bureau, clock: Clock) -> None:
    articles = fill(bureau, clock)

    made = pages(bureau)
    assert [path.removesuffix(".json") for path in made] == [path.removesuffix(".atom") for path in walk(bureau)]
    assert found(bureau) == once(articles)
    site = bureau.newsroom.site
    assert [page["feed_url"] for page in made.values()] == [site.url(path) for path in made]
    assert {page["home_page_url"] for page in made.values()} == {site.url("")}


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
    for _ in range(SIZE):
        bureau.newsroom.post("속보", breaking=True, categories=("정치",))
    bureau.syndicate()
    bureau.sweep()

    feeds = [path for path in bureau.versions() if path.endswith(".json")]
    assert {"breaking.json", "category/정치.json"} <= {*feeds}
    assert [path for path in feeds if "next_url" in read(bureau, path)] == ["feed.json"]


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


def test_archive_of_an_older_version_is_closed_by_the_migration_and_goes_on(
    bureau: Bureau, database_url: str, clock: Clock
) -> None:
    articles = fill(bureau, clock)
    bureau.newsroom.withdraw(articles[3])
    settle(bureau, clock)
    listed = locations(bureau)
    downgrade(database_url, "0010")
    assert not [path for path in bureau.versions() if path.startswith("feed/")]

    migrate(database_url)
    settle(bureau, clock)

    kept = [article for article in articles if article is not articles[3]]
    assert found(bureau) == once(kept)
    assert [path.removesuffix(".json") for path in pages(bureau)] == [path.removesuffix(".atom") for path in walk(bureau)]
    assert locations(bureau) == listed
    assert all("next-archive" in bureau.text(path) for path in walk(bureau)[1:])

    later = [bureau.newsroom.post(f"새 기사 {number}") for number in range(SIZE)]
    settle(bureau, clock)
    assert found(bureau) == once([*kept, *later])
    assert {article.urn for article in later} <= {item["id"] for item in next(iter(pages(bureau).values()))["items"]}
