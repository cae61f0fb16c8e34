import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy import event as sqlalchemy_event

from sokbo.domain.delivery import DeliveryState
from sokbo.domain.event import Lane
from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, SqliteFiles, new_name
from tests.integration.workers.bureau import Bureau, open_bureau
from workers.sweep import sweep

FEEDS = ("feed.rss", "feed.atom", "feed.json")
SYNCHRONOUS_FULL = 2


@contextmanager
def synchronous_levels_of(statement_start: str) -> Iterator[list[int]]:
    """The `synchronous` level of the SQLite connection that each such statement is committed through meanwhile."""
    seen: list[int] = []
    statements: list[str] = []

    def driver_of(connection: Connection) -> sqlite3.Connection:
        return cast("sqlite3.Connection", connection.connection.dbapi_connection)

    def begin(connection: Connection) -> None:
        statements.clear()
        driver_of(connection).set_trace_callback(statements.append)

    def commit(connection: Connection) -> None:
        driver_of(connection).set_trace_callback(None)
        [level] = driver_of(connection).execute("PRAGMA synchronous").fetchone()
        seen.extend(level for statement in statements if statement.startswith(statement_start))

    sqlalchemy_event.listen(Engine, "begin", begin)
    sqlalchemy_event.listen(Engine, "commit", commit)
    try:
        yield seen
    finally:
        sqlalchemy_event.remove(Engine, "begin", begin)
        sqlalchemy_event.remove(Engine, "commit", commit)


def test_breaking_news_leads_the_strip_until_its_end(bureau: Bureau, clock: Clock) -> None:
    assert "newsdao.example" in bureau.text("breaking.html")
    bureau.newsroom.post("큰불", breaking=True, breaking_until=clock() + timedelta(seconds=30))
    bureau.syndicate()
    assert "큰불" in bureau.text("breaking.html")
    clock.advance(29.9)
    bureau.sweep()
    assert "큰불" in bureau.text("breaking.json")
    clock.advance(0.1)
    bureau.sweep()
    for path in ("breaking.html", "breaking.json", "breaking.rss", "breaking"):
        assert "큰불" not in bureau.text(path), path
    assert "newsdao.example" in bureau.text("breaking.html")
    assert "큰불" in bureau.text("feed.rss")


def test_cards_of_breaking_news_are_marked_until_its_end(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("큰불", categories=("사회",), breaking=True, breaking_until=clock() + timedelta(seconds=30))
    bureau.syndicate()
    for path in ("", "category/사회", "breaking"):
        assert '<strong class="badge">속보</strong>' in bureau.text(path), path
    clock.advance(30)
    bureau.sweep()
    for path in ("", "category/사회"):
        assert "큰불" in bureau.text(path), path
        assert 'class="badge"' not in bureau.text(path), path


@pytest.mark.parametrize("operation", ["revise", "withdraw"])
def test_article_changed_between_its_breaking_end_and_the_sweep_leaves_the_breaking_list(
    bureau: Bureau, clock: Clock, operation: str
) -> None:
    article = bureau.newsroom.post("큰불", breaking=True, breaking_until=clock() + timedelta(seconds=30))
    bureau.syndicate()
    clock.advance(31)
    if operation == "revise":
        bureau.newsroom.revise(article, "큰불", breaking=True, breaking_until=article.breaking_until, summary="다른 요약")
    else:
        bureau.newsroom.withdraw(article)
    bureau.syndicate()
    bureau.sweep()
    for path in ("breaking.html", "breaking.json", "breaking"):
        assert "큰불" not in bureau.text(path), path


def test_scheduled_article_appears_at_its_hour_and_not_before(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.subscribe()
    article = bureau.newsroom.post("내일", published_at=clock() + timedelta(hours=1))
    bureau.syndicate()
    clock.advance(3599.9)
    bureau.sweep()
    assert "내일" not in bureau.text("feed.rss")
    assert bureau.document(str(article.number)) is None
    clock.advance(0.1)
    bureau.sweep()
    assert "내일" in bureau.text("feed.rss")
    assert bureau.newsroom.article(article).revision == 1
    assert [item.state for item in bureau.newsroom.deliveries(article)] == [DeliveryState.PLANNED]


def test_draft_is_nowhere_until_it_is_published(bureau: Bureau) -> None:
    article = bureau.newsroom.post("초고", draft=True)
    bureau.sweep()
    assert "초고" not in bureau.text("feed.rss")
    assert bureau.document(str(article.number)) is None
    bureau.newsroom.revise(article, "초고")
    bureau.sweep()
    assert "초고" in bureau.text("feed.rss")


def test_breaking_news_that_its_own_worker_leaves_is_taken_up_by_the_others(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("큰불", breaking=True)
    others = replace(bureau.runtime, lanes=(Lane.DEFAULT,))
    sweep(others, Lane.DEFAULT)
    assert "큰불" not in bureau.text("feed.json")

    clock.advance(2)
    sweep(others, Lane.DEFAULT)

    assert "큰불" in bureau.text("feed.json")


def test_news_is_not_taken_up_by_the_worker_for_breaking_news(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("날씨")
    clock.advance(60)
    sweep(replace(bureau.runtime, lanes=(Lane.BREAKING,)), Lane.BREAKING)
    assert "날씨" not in bureau.text("feed.json")


def test_new_site_has_its_documents_before_its_first_article(bureau: Bureau) -> None:
    for path in (*FEEDS, "", "feeds", "breaking.json", "breaking.html"):
        assert bureau.document(path) is not None, path


def test_changed_title_reaches_every_page_slice_by_slice(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.anew.SLICE_ARTICLES", 2)
    articles = [bureau.newsroom.post(f"기사 {number}") for number in range(5)]
    bureau.newsroom.withdraw(articles[0])
    bureau.syndicate()
    with bureau.newsroom.database.write() as uow:
        uow.sites.save(replace(bureau.newsroom.site, title="새 이름"))
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    for _ in range(3):
        bureau.sweep()
    for path in (*FEEDS, "", "feeds", *(str(article.number) for article in articles)):
        assert "새 이름" in bureau.text(path), path
    before = bureau.versions()
    bureau.sweep()
    assert bureau.versions() == before


def test_events_that_the_sweeper_records_survive_a_loss_of_power(sqlite: SqliteFiles, tmp_path: Path, clock: Clock) -> None:
    database = Database(sqlite.create(new_name(), TEMPLATE), durable=False, clock=clock)
    with open_bureau(database, tmp_path) as bureau:
        soon = clock() + timedelta(seconds=30)
        bureau.newsroom.post("속보", breaking=True, breaking_until=soon)
        bureau.newsroom.post("내일", published_at=soon)
        clock.advance(31)
        with synchronous_levels_of("INSERT INTO events") as levels:
            bureau.sweep()
    database.close()
    assert levels == [SYNCHRONOUS_FULL] * 2
