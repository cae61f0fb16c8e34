from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from sokbo.domain.article import Article
from sokbo.domain.event import Lane
from sokbo.domain.tally import Measure
from sokbo.errors import Unavailable
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.events import SUSPECT_LEASES, PendingEvent
from sokbo.storage.tables import revisions
from tests.clock import Clock
from tests.databases import TEMPLATE, PostgresqlServer, new_name
from tests.integration.storage.test_migrations import engine_of
from tests.integration.workers.bureau import Bureau, open_bureau
from workers import syndicate as syndication
from workers.rendering import Rendered, render_article

FEEDS = ("feed.rss", "feed.atom", "feed.json")


def test_article_is_in_every_feed_and_on_its_pages(bureau: Bureau) -> None:
    article = bureau.newsroom.post("새벽 배", categories=("정치",), tags=("APEC",))
    bureau.syndicate()
    for path in (*FEEDS, "", "category/정치", "category/정치.rss", "tag/apec.json", str(article.number)):
        assert "새벽 배" in bureau.text(path)
    page = bureau.document(str(article.number))
    assert page is not None
    assert (page.status, page.canonical_path) == (200, "1/새벽-배")
    assert "APEC" in bureau.text("feeds")


def test_publishes_that_come_together_assemble_a_feed_once(bureau: Bureau) -> None:
    for number in range(10):
        bureau.newsroom.post(f"기사 {number}")
    before = max(bureau.versions().values())
    bureau.syndicate()
    (version,) = {bureau.versions()[path] for path in (*FEEDS, "", "1", "10")}
    assert version > before
    text = bureau.text("feed.rss")
    assert [text.index(f"기사 {number}") for number in range(10)] == sorted(
        (text.index(f"기사 {number}") for number in range(10)), reverse=True
    )


def test_what_has_not_changed_is_not_stored_again(bureau: Bureau) -> None:
    bureau.newsroom.post("하나", categories=("정치",))
    bureau.syndicate()
    before = bureau.versions()
    bureau.newsroom.post("둘", categories=("경제",))
    bureau.syndicate()
    after = bureau.versions()
    unchanged = {path for path, version in after.items() if before.get(path) == version}
    assert {"category/정치.rss", "category/정치", "1"} <= unchanged
    assert {*FEEDS, "", "feeds"}.isdisjoint(unchanged)


def test_each_article_is_rendered_once_per_revision(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나", breaking=True)
    bureau.syndicate()
    bureau.newsroom.post("둘")
    bureau.newsroom.revise(article, "셋", breaking=True)
    bureau.syndicate()
    with bureau.newsroom.database.read() as uow:
        tallies = uow.tallies.all()
    assert tallies[Measure.FRAGMENTS] == {"": 12}  # three revisions in four formats; two events told of the first
    assert sum(tallies[Measure.EVENTS].values()) == 4


def test_article_that_can_not_be_rendered_holds_up_no_other(
    bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = bureau.newsroom.post("나쁜")

    def render(*arguments: object) -> Rendered:
        if any(isinstance(item, Article) and item.id == bad.id for item in arguments):
            raise ValueError("no renderer likes this one")
        return render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came

    with monkeypatch.context() as patched:
        patched.setattr("workers.rendering.render_article", render)
        good = bureau.newsroom.post("좋은")
        bureau.syndicate()
        assert "좋은" in bureau.text("feed.atom")
        assert "나쁜" not in bureau.text("feed.atom")
        assert bureau.document(str(good.number)) is not None
    bureau.sweep()
    assert bureau.document(str(bad.number)) is None  # its lease hasn't run out
    clock.advance(bureau.runtime.settings.lease_seconds)
    bureau.sweep()
    assert "나쁜" in bureau.text("feed.atom")


def test_older_revision_never_takes_the_place_of_a_newer_one(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lanes have a process each: one may store a revision while the other is still rendering the one before."""
    article = bureau.newsroom.post("가짜 뉴스")
    colleague = bureau.colleague("fast")

    def render_slowly(*arguments: object) -> Rendered:
        rendered = render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came
        monkeypatch.undo()
        bureau.newsroom.revise(article, "고친 뉴스", breaking=True)
        syndication.syndicate(colleague, Lane.BREAKING)
        return rendered

    monkeypatch.setattr("workers.rendering.render_article", render_slowly)
    bureau.syndicate()

    for path in (*FEEDS, "", str(article.number)):
        assert "고친 뉴스" in bureau.text(path)
        assert "가짜" not in bureau.text(path)


def test_withdrawn_article_does_not_come_back_when_its_publication_is_stored_late(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = bureau.newsroom.post("가짜 뉴스")
    colleague = bureau.colleague("fast")

    def render_slowly(*arguments: object) -> Rendered:
        rendered = render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came
        monkeypatch.undo()
        bureau.newsroom.withdraw(article)
        syndication.syndicate(colleague, Lane.DEFAULT)
        return rendered

    monkeypatch.setattr("workers.rendering.render_article", render_slowly)
    bureau.syndicate()

    page = bureau.document(str(article.number))
    assert page is not None
    assert page.status == 410
    for path in (*FEEDS, ""):
        assert "가짜" not in bureau.text(path)


def test_worker_that_lost_its_lease_writes_nothing(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau.newsroom.post("하나")
    colleague = bureau.colleague("heir")

    def render_slowly(*arguments: object) -> Rendered:
        monkeypatch.undo()
        clock.advance(bureau.runtime.settings.lease_seconds)
        syndication.syndicate(colleague, Lane.DEFAULT)
        before.update(bureau.versions())
        return render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came

    before: dict[str, int] = {}
    monkeypatch.setattr("workers.rendering.render_article", render_slowly)
    bureau.syndicate()
    assert bureau.versions() == before != {}


def test_article_that_leaves_a_category_leaves_its_feeds(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나", categories=("정치",))
    bureau.syndicate()
    bureau.newsroom.revise(article, "하나", categories=("경제",))
    bureau.syndicate()
    for suffix in (".rss", ".atom", ".json", ""):
        assert "하나" not in bureau.text(f"category/정치{suffix}")
        assert "하나" in bureau.text(f"category/경제{suffix}")


def test_label_of_first_use_stays(bureau: Bureau) -> None:
    bureau.newsroom.post("하나", tags=("APEC",))
    bureau.syndicate()
    bureau.newsroom.post("둘", tags=("apec",))
    bureau.syndicate()
    assert "APEC" in bureau.text("tag/apec.rss")
    assert "둘" in bureau.text("tag/apec.rss")


def test_correction_shows_its_note_in_feeds_and_on_the_page(bureau: Bureau, clock: Clock) -> None:
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    clock.advance(60)
    bureau.newsroom.revise(article, "하나", correction_note="날짜를 바로잡습니다")
    bureau.syndicate()
    for path in (*FEEDS, str(article.number)):
        assert "날짜를 바로잡습니다" in bureau.text(path)


def test_entries_keep_their_id_whatever_happens_to_the_title(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    bureau.newsroom.revise(article, "아주 다른 제목", slug="other")
    bureau.syndicate()
    for path in FEEDS:
        assert article.urn in bureau.text(path)


def test_withdrawn_article_is_gone_from_everywhere(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나", categories=("정치",), breaking=True)
    bureau.syndicate()
    assert "하나" in bureau.text("breaking.html")
    bureau.newsroom.withdraw(article)
    bureau.syndicate()
    for path in (*FEEDS, "", "category/정치", "category/정치.atom", "breaking", "breaking.json", "breaking.html"):
        assert "하나" not in bureau.text(path), path
    page = bureau.document(str(article.number))
    assert page is not None
    assert (page.status, "하나" in bureau.text(str(article.number))) == (410, False)


def test_time_of_a_feed_that_has_come_names_one_version(bureau: Bureau, clock: Clock) -> None:
    """A reader who asks by time alone sees each, also of those that come in one second, or after a clock was ahead."""
    started, times = clock(), []
    for seconds in (0.2, 0.3, 0.5, 10_799.0, -10_799.8, 0.1):
        clock.advance(seconds)
        bureau.newsroom.post(str(seconds))
        bureau.syndicate()
        feed = bureau.document("feed.atom")
        assert feed is not None
        assert feed.last_modified > clock()  # no reader is told of it yet
        times.append((feed.last_modified - started).total_seconds())
    assert times == [1, 1, 2, 10_801, 10_802, 10_803]


def test_feed_stays_full_while_newer_articles_wait(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = bureau.runtime.settings.feed_entries
    bureau.newsroom.post("이미 있던 기사")
    bureau.syndicate()
    for number in range(entries + 1):
        bureau.newsroom.post(f"기사 {number}")
    monkeypatch.setattr(syndication, "BATCH_EVENTS", 1)
    [first] = syndication._lease(bureau.runtime, Lane.DEFAULT)
    syndication._syndicate_site(bureau.runtime, first)
    for path in (*FEEDS, ""):
        assert "이미 있던 기사" in bureau.text(path)


def test_nobody_waits_for_the_lock_while_articles_are_read(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    load = syndication._load

    def load_while_another_writes(uow: UnitOfWork, leased: Sequence[PendingEvent]) -> list[syndication.Work]:
        with bureau.newsroom.database.write(wait_seconds=0.0):
            return load(uow, leased)

    monkeypatch.setattr(syndication, "_load", load_while_another_writes)
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    assert "하나" in bureau.text(str(article.number))


def test_what_is_breaking_is_so_by_the_servers_clock(
    postgresql: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sokbo.storage.database.utc_now", lambda: datetime.now(UTC) + timedelta(hours=3))
    name = new_name()
    database = Database(postgresql.create(name, TEMPLATE))
    with open_bureau(database, tmp_path) as bureau:
        article = bureau.newsroom.post("큰불", breaking=True, breaking_until=datetime.now(UTC) + timedelta(hours=1))
        bureau.syndicate()
        page = bureau.text(str(article.number))
    database.close()
    postgresql.drop(name)
    assert '<strong class="badge">' in page


def test_article_that_can_not_be_loaded_holds_up_no_other(bureau: Bureau, clock: Clock, database_url: str) -> None:
    unreadable, other = bureau.newsroom.post("못 읽는 기사"), bureau.newsroom.post("다른 기사")
    engine = engine_of(database_url)
    with engine.begin() as connection:
        own = revisions.c.article_id == unreadable.id
        connection.execute(update(revisions).where(own).values(content={"headline": "of another version"}))
    engine.dispose()
    for _ in range(SUSPECT_LEASES + 1):
        for _ in range(2):  # before the lease ends: sweeps come twice a second
            with suppress(KeyError):
                bureau.syndicate()
        clock.advance(bureau.runtime.settings.lease_seconds + 1)
    assert "다른 기사" in bureau.text(str(other.number))


def test_events_that_can_not_be_read_for_now_count_no_lease(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    def be_away(_uow: UnitOfWork, _leased: Sequence[PendingEvent]) -> list[syndication.Work]:
        raise Unavailable("the database can't be used")

    article = bureau.newsroom.post("하나")
    with monkeypatch.context() as patch:
        patch.setattr(syndication, "_load", be_away)
        for _ in range(SUSPECT_LEASES + 1):
            with pytest.raises(Unavailable):
                bureau.syndicate()
    bureau.syndicate()
    assert "하나" in bureau.text(str(article.number))


def test_what_was_rendered_before_the_site_changed_is_rendered_again_at_once(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나")
    [work] = syndication._lease(bureau.runtime, Lane.DEFAULT)
    with bureau.newsroom.database.write() as uow:
        uow.sites.save(replace(bureau.newsroom.site, title="새 이름"))
        uow.commit()
    syndication._syndicate_site(bureau.runtime, work)
    assert bureau.document(str(article.number)) is None
    bureau.syndicate()
    assert "새 이름" in bureau.text(str(article.number))
