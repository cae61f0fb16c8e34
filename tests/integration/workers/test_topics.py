"""Which documents say by their headers that the site's hub tells of their changes: feeds and pages that anyone may read, and
that change (WebSub section 4)."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from sokbo import selections, sites
from sokbo.domain.article import Author
from sokbo.domain.document import Document
from sokbo.domain.selection import private_path
from sokbo.domain.site import Site
from tests.clock import Clock
from tests.integration.storage.test_migrations import engine_of
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_anew import rebuild
from tests.integration.workers.test_archive import settle

BY = {"actor": "test", "request_id": "req_1"}
TERMS = ("category/정치", "tag/apec", "author/이솔")
FEEDS = {f"{path}.{suffix}" for path in ("feed", "breaking", *TERMS, "selection/open") for suffix in ("rss", "atom", "json")}
PAGES = {"", "breaking", *TERMS, "feeds"}
PRIVATE = {private_path("secret", suffix) for suffix in ("rss", "atom", "json")}
LISTS = {"breaking.html", "feeds.opml", "sitemap.xml", "sitemap-pages.xml", "sitemap-2026-03.xml", "news-sitemap.xml"}
ARCHIVE = {f"feed/2026/{part}.{suffix}" for part in ("03", "03-2") for suffix in ("atom", "json")}


@pytest.fixture
def feed_entries() -> int:
    """So few that there is an archive."""
    return 4


@pytest.fixture
def filled(bureau: Bureau, clock: Clock) -> Bureau:
    """With a document of each kind; article 1 is withdrawn, and article 2 tells another site's address as its canonical one."""
    with bureau.newsroom.database.write() as uow:
        for name, profile, private in (("open", "plain", False), ("secret", "plain", True), ("portal", "flipboard", False)):
            fields = {"name": name, "title": name, "profile": profile, "private": private}
            selections.make(uow, bureau.newsroom.site, selections.parse(fields, bureau.newsroom.site), **BY)
        uow.commit()
    bureau.newsroom.withdraw(bureau.newsroom.post("철회"))
    for _ in range(3):
        bureau.newsroom.post(
            "새벽 배",
            categories=("정치",),
            tags=("APEC",),
            authors=(Author("이솔"),),
            breaking=True,
            canonical_url="https://elsewhere.example/1",
        )
        settle(bureau, clock)
    return bureau


def links(bureau: Bureau) -> dict[str, str | None]:
    return {path: _stored(bureau, path).headers.get("Link") for path in bureau.versions()}


def _stored(bureau: Bureau, path: str) -> Document:
    document = bureau.document(path)
    assert document is not None
    return document


def topic(site: Site, path: str) -> str:
    return f'<{site.url(path)}>; rel="self", <{site.base_url}/hub>; rel="hub"'


def expected(site: Site) -> dict[str, str | None]:
    return {
        **{path: topic(site, path) for path in FEEDS | PAGES | {"selection/portal.rss"}},
        **{str(number): topic(site, f"{number}/새벽-배") for number in (2, 3, 4)},
        **{path: f'<{site.url(path)}>; rel="self"' for path in ARCHIVE},
        **dict.fromkeys(PRIVATE | LISTS | {"1"}),
    }


def test_each_public_feed_and_page_names_itself_and_the_hub_and_nothing_else_does(filled: Bureau) -> None:
    assert links(filled) == expected(filled.newsroom.site)


def test_moved_site_names_its_hub_where_it_is_then(filled: Bureau) -> None:
    site = filled.newsroom.site
    with filled.newsroom.database.write() as uow:
        sites.change(uow, site.name, {"base_url": "https://moved.example/paper"}, **BY)
        uow.commit()
    filled.sweep()

    assert links(filled) == expected(replace(site, base_url="https://moved.example/paper"))


def test_rebuilding_says_it_of_what_was_made_without(filled: Bureau, database_url: str) -> None:
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE documents SET headers = '{}'"))
    engine.dispose()

    rebuild(filled)

    assert links(filled) == expected(filled.newsroom.site)


def test_page_of_feeds_keeps_the_policy_that_admits_its_script(bureau: Bureau) -> None:
    assert "script-src 'sha256-" in _stored(bureau, "feeds").headers["Content-Security-Policy"]
