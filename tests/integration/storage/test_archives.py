"""Places in the archive are given once and for good; the migration gives them to what was published before."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from sokbo.domain import archive
from sokbo.domain.archive import Part, Place
from sokbo.domain.article import Article
from sokbo.domain.assembly import Assembly
from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from sokbo.domain.lifecycle import create
from sokbo.storage import Database, UnitOfWork, migrate
from sokbo.storage.changes import write_change
from tests.clock import START
from tests.integration.storage.test_migrations import downgrade, engine_of
from tests.newsroom import Newsroom, draft

FEBRUARY = START - timedelta(days=20)
DECEMBER = START - timedelta(days=80)


@pytest.fixture(autouse=True)
def small_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "DOCUMENT_ARTICLES", 2)
    monkeypatch.setattr(archive, "SITEMAP_ARTICLES", 3)


def test_articles_are_numbered_in_their_month_as_they_come(newsroom: Newsroom, database: Database) -> None:
    march, february, late = newsroom.post(), newsroom.post(published_at=FEBRUARY), newsroom.post(published_at=DECEMBER)
    with database.write() as uow:
        assert uow.archives.place([march, late, february]) == [
            Place("2026-03", 0, 1),
            Place("2025-12", 0, 1),
            Place("2026-02", 0, 1),
        ]
        assert uow.archives.place([newsroom_article(newsroom, uow)]) == [Place("2026-03", 1, 1)]


def newsroom_article(newsroom: Newsroom, uow: UnitOfWork) -> Article:
    """One more of this month's, written in the same transaction."""
    change = create(newsroom.site.id, uow.sites.next_number(newsroom.site.id), draft(), uow.now)
    write_change(uow, change, actor="tests", request_id="req")
    return change.article


def test_place_is_for_good_whatever_becomes_of_the_article(newsroom: Newsroom, database: Database) -> None:
    article = newsroom.post(published_at=FEBRUARY)
    with database.write() as uow:
        assert uow.archives.place([article]) == [Place("2026-02", 0, 1)]
        uow.commit()
    moved = newsroom.revise(article, "새 제목", slug="new", published_at=DECEMBER)
    with database.write() as uow:
        assert uow.archives.place([moved]) == [Place("2026-02", 0, 1)]
        [shown] = uow.sitemaps.mapped(newsroom.site, Part("2026-02", 1))
        assert (shown.title, shown.path, shown.published_at) == ("새 제목", moved.path, DECEMBER)
        uow.commit()
    gone = newsroom.withdraw(article)
    with database.write() as uow:
        assert uow.archives.place([gone]) == [Place("2026-02", 0, 1)]
        assert uow.sitemaps.mapped(newsroom.site, Part("2026-02", 1)) == []
        assert uow.sitemaps.news(newsroom.site, DECEMBER, 10) == []


def test_sitemaps_have_no_article_that_is_at_home_elsewhere(newsroom: Newsroom, database: Database) -> None:
    site = newsroom.site
    homes = [None, site.url("2"), site.url("3/옛-주소"), "https://elsewhere.example/4", site.url("51/x")]
    articles = [newsroom.post(canonical_url=home) for home in homes]
    with database.write() as uow:
        uow.archives.place(articles)
        assert [shown.number for shown in uow.sitemaps.mapped(site, Part("2026-03", 1))] == [1, 2, 3]
        assert uow.sitemaps.mapped(site, Part("2026-03", 2)) == []
        assert {shown.number for shown in uow.sitemaps.news(site, DECEMBER, 3)} == {1, 2, 3}


def test_known_and_new_articles_of_several_months_are_placed_together(newsroom: Newsroom, database: Database) -> None:
    known, old = newsroom.post(), newsroom.post(published_at=FEBRUARY)
    with database.write() as uow:
        uow.archives.place([known, old])
        uow.commit()
    moved = newsroom.revise(known, "새 제목", published_at=FEBRUARY)
    new, older, newest = newsroom.post(), newsroom.post(published_at=FEBRUARY), newsroom.post()
    with database.write() as uow:
        assert uow.archives.place([new, moved, older, newest]) == [
            Place("2026-03", 1, 1),
            Place("2026-03", 0, 1),
            Place("2026-02", 1, 1),
            Place("2026-03", 2, 2),
        ]
        shown = uow.sitemaps.mapped(newsroom.site, Part("2026-03", 1))
        assert [item.number for item in shown] == [known.number, new.number, newest.number]
        assert shown[0].title == "새 제목"
        assert uow.archives.place([]) == []


def test_closed_documents_are_a_chain_in_the_order_in_which_they_were_closed(newsroom: Newsroom, database: Database) -> None:
    site_id = newsroom.site.id
    articles = [newsroom.post(published_at=moment) for moment in (START, DECEMBER, DECEMBER, DECEMBER)]
    first, second, march = Part("2025-12", 1), Part("2025-12", 2), Part("2026-03", 1)
    with database.write() as uow:
        uow.archives.place(articles)
        assert [(document.part, document.articles) for document in uow.archives.open(site_id)] == [
            (first, 2),
            (second, 1),
            (march, 1),
        ]
        assert uow.archives.last_closed(site_id) is None
        uow.archives.close(site_id, [march, first])
        uow.archives.close(site_id, [second])
        assert uow.archives.open(site_id) == []
        assert uow.archives.last_closed(site_id) == second
        assert uow.archives.neighbours(site_id, march) == (None, first)
        assert uow.archives.neighbours(site_id, first) == (march, second)
        assert uow.archives.neighbours(site_id, second) == (first, None)
        assert uow.archives.all(site_id) == ([first, second, march], [first, march])


def test_closed_document_takes_no_more_articles(newsroom: Newsroom, database: Database) -> None:
    first, second = newsroom.post(), newsroom.post()
    with database.write() as uow:
        assert uow.archives.place([first]) == [Place("2026-03", 0, 1)]
        uow.archives.close(newsroom.site.id, [Part("2026-03", 1)])
        assert uow.archives.place([second]) == [Place("2026-03", 1, 2)]
        assert uow.archives.neighbours(newsroom.site.id, Part("2026-03", 1)) == (None, None)
        assert uow.archives.neighbours(newsroom.site.id, Part("2026-03", 2)) is None


def test_newest_articles_are_counted_by_their_publication(newsroom: Newsroom, database: Database) -> None:
    articles = [newsroom.post(published_at=moment) for moment in (DECEMBER, START, FEBRUARY)]
    with database.write() as uow:
        assert uow.archives.newest(newsroom.site.id, 1) is None
        uow.archives.place(articles)
        assert [uow.archives.newest(newsroom.site.id, count) for count in (1, 2, 3, 4)] == [START, FEBRUARY, DECEMBER, None]


def test_sites_have_archives_of_their_own(newsroom: Newsroom, database: Database) -> None:
    other = Newsroom.open(database)
    with database.write() as uow:
        assert uow.archives.place([newsroom_article(newsroom, uow), newsroom_article(other, uow)]) == [Place("2026-03", 0, 1)] * 2
        assert len(uow.sitemaps.mapped(other.site, Part("2026-03", 1))) == 1


def test_sitemaps_are_noted_until_they_list_nothing(newsroom: Newsroom, database: Database) -> None:
    part, site_id, later = Part("2026-03", 1), newsroom.site.id, START + timedelta(days=1)
    with database.write() as uow:
        assert uow.sitemaps.note(site_id, part, "one", START) == START
        assert uow.sitemaps.note(site_id, part, "one", later) == START
        assert uow.sitemaps.note(site_id, part, "two", later) == later
        assert uow.sitemaps.note(site_id, part, "one", START) == later
        assert uow.sitemaps.all(site_id) == [(part, later)]
        uow.sitemaps.forget(site_id, part)
        assert uow.sitemaps.all(site_id) == []


def test_stale_news_is_told_once(newsroom: Newsroom, database: Database) -> None:
    with database.write() as uow:
        uow.sitemaps.keep_news_until(newsroom.site.id, START)
        assert not uow.sitemaps.has_stale_news(START - timedelta(seconds=1))
        assert uow.sitemaps.has_stale_news(START)
        assert uow.sitemaps.take_stale_news(START) == [newsroom.site.id]
        assert not uow.sitemaps.has_stale_news(START)
        assert uow.sitemaps.take_stale_news(START) == []


def test_tombstones_are_kept_once_and_told_with_the_next_turn(newsroom: Newsroom, database: Database) -> None:
    tag, site_id = Listing(ListingKind.TAG, "apec"), newsroom.site.id
    newer, older = (newsroom.withdraw(newsroom.post(published_at=moment)) for moment in (START, DECEMBER))
    with database.write() as uow:
        assert uow.sites.advance_version(site_id).withdrawn is None
        for article in (newer, older, older):
            uow.tombstones.add(article, [SITE_LISTING, tag])
        assert uow.sites.advance_version(site_id).withdrawn == START


def test_migration_places_what_is_published_and_wants_its_documents(newsroom: Newsroom, database_url: str) -> None:
    for number in range(101):
        newsroom.post(f"기사 {number}", published_at=FEBRUARY + timedelta(seconds=number), language="en" if number else None)
    newsroom.withdraw(newsroom.post("철회"))
    newsroom.post("초고", draft=True)
    downgrade(database_url, "0006")
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM assemblies"))
    engine.dispose()

    migrate(database_url)

    with newsroom.database.read() as uow:
        entries = uow.sitemaps.news(newsroom.site, DECEMBER, 200)
        assert [entry.title for entry in entries] == [f"기사 {number}" for number in reversed(range(101))]
        assert {entry.language for entry in entries[:-1]} == {"en"}
        assert entries[-1].language is None
    with newsroom.database.write() as uow:
        assert uow.sites.advance_version(newsroom.site.id).archive == Part("2026-02", 2)
        wanted = uow.assemblies.take(newsroom.site.id, uow.now + timedelta(days=9999), 100, leading=101)
        assert wanted == [
            *(Assembly("archive", key) for key in ("2026-02/1", "2026-02/2")),
            *(Assembly(kind) for kind in ("feeds", "news-sitemap", "site")),
            *(Assembly(kind, key) for kind, key in (("sitemap", "2026-02/1"), ("sitemap-index", ""))),
        ]
