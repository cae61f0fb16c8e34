"""What SQLite's driver is given itself must be answered as SQLAlchemy would have it answered."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Executable,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from sokbo.errors import Unavailable
from sokbo.storage.compiled import CompiledStatement, StatementCache
from sokbo.storage.session import Session
from sokbo.storage.types import Json, UtcDateTime

papers = Table(
    "papers",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("title", String, nullable=False, unique=True),
    Column("seen_at", UtcDateTime),
    Column("extra", Json),
)

NOON = datetime(2026, 11, 28, 12, 0, 0, 500, tzinfo=UTC)
ROWS = [
    {"id": number, "title": f"제목 {number}", "seen_at": NOON + timedelta(hours=number), "extra": {"number": number}}
    for number in range(1, 8)
]
NAMED = select(papers).where(papers.c.id.in_(bindparam("ids", expanding=True))).order_by(papers.c.id)
OTHERS = select(papers.c.id).where(papers.c.id.not_in(bindparam("ids", expanding=True))).order_by(papers.c.id)
PAIRS = (
    select(papers.c.id).where(tuple_(papers.c.id, papers.c.title).in_(bindparam("pairs", expanding=True))).order_by(papers.c.id)
)
LATER = select(papers).where(papers.c.seen_at > bindparam("since", type_=UtcDateTime)).order_by(papers.c.id).limit(2)
COUNTED = select(func.count(), func.max(papers.c.seen_at)).where(papers.c.id < bindparam("below"))
FIXED = select(papers.c.id).where(papers.c.id.in_([2, 3, 5]), papers.c.id > bindparam("above")).order_by(papers.c.id)
SEEN = update(papers).where(papers.c.id <= bindparam("up_to")).values(seen_at=bindparam("moment", type_=UtcDateTime))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    papers.metadata.create_all(engine)
    with engine.connect() as opened:
        opened.execute(insert(papers), ROWS)
        yield opened
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        *((NAMED, {"ids": list(range(1, most + 1))}) for most in range(1, 8)),
        *((OTHERS, {"ids": list(range(1, most + 1))}) for most in range(1, 8)),
        (NAMED, {"ids": []}),
        (OTHERS, {"ids": []}),
        (PAIRS, {"pairs": [(1, "제목 1"), (2, "제목 1")]}),
        (LATER, {"since": NOON + timedelta(hours=3)}),
        (LATER, {"since": (NOON + timedelta(hours=3)).astimezone(timezone(timedelta(hours=9)))}),
        (COUNTED, {"below": 4}),
        (COUNTED, {"below": 0}),
        (FIXED, {"above": 2}),
    ],
)
def test_answer_is_the_one_that_sqlalchemy_gives(connection: Connection, statement: Executable, parameters: Any) -> None:
    plain = Session(connection).execute(statement, parameters).all()
    direct = Session(connection, StatementCache(connection.dialect)).execute(statement, parameters).all()
    assert [tuple(row) for row in direct] == [tuple(row) for row in plain]


def test_rows_name_their_columns(connection: Connection) -> None:
    [row] = Session(connection, StatementCache(connection.dialect)).execute(NAMED, {"ids": [3]})
    assert (row.id, row.title, row.seen_at, row.extra) == (3, "제목 3", NOON + timedelta(hours=3), {"number": 3})


def test_statement_is_prepared_once(connection: Connection) -> None:
    statements = StatementCache(connection.dialect)
    found = statements.find(NAMED, {"ids": [1]})
    assert isinstance(found, CompiledStatement)
    assert statements.find(NAMED, {"ids": [2, 3]}) is found


def test_lists_of_like_lengths_are_one_statement_to_the_driver(connection: Connection) -> None:
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    seen: list[str] = []
    driver.set_trace_callback(seen.append)
    session = Session(connection, StatementCache(connection.dialect))
    for most in (5, 6, 7):
        assert [row.id for row in session.execute(NAMED, {"ids": list(range(1, most + 1))})] == list(range(1, most + 1))
    assert len({statement.partition("IN (")[2].count(",") for statement in seen}) == 1


def test_rows_that_answer_are_answered_in_their_order(connection: Connection) -> None:
    session = Session(connection, StatementCache(connection.dialect))
    added: list[dict[str, Any]] = [{"title": title, "seen_at": None, "extra": []} for title in ("셋", "하나", "둘")]
    answered = session.execute(insert(papers).returning(papers.c.id, papers.c.title, sort_by_parameter_order=True), added)
    assert [row.title for row in answered] == ["셋", "하나", "둘"]


def test_changed_rows_are_counted(connection: Connection) -> None:
    session = Session(connection, StatementCache(connection.dialect))
    assert session.execute(SEEN, {"up_to": 4, "moment": NOON}).rowcount == 4
    assert session.execute(LATER, {"since": NOON}).first().id == 5  # type: ignore[union-attr]  # there is one


def test_row_that_is_there_already_is_refused_as_by_sqlalchemy(connection: Connection) -> None:
    session = Session(connection, StatementCache(connection.dialect))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        session.execute(insert(papers), ROWS[0])


def test_transaction_begins_with_the_first_statement(connection: Connection) -> None:
    connection.commit()
    Session(connection, StatementCache(connection.dialect)).execute(NAMED, {"ids": [1]})
    assert connection.in_transaction()


def test_locked_database_is_unavailable(tmp_path: Any) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'papers.db'}", connect_args={"timeout": 0.0})
    papers.metadata.create_all(engine)
    holder = sqlite3.connect(tmp_path / "papers.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with engine.connect() as waiting, pytest.raises(Unavailable, match="locked"):
        Session(waiting, StatementCache(waiting.dialect)).execute(insert(papers), ROWS[0])
    holder.close()
    engine.dispose()
