"""POSTs accepted per second, 8 at a time, until the last of them is visible in the feed.

Beside each figure the bare rate of the same rows on the same disk: what the POSTs left in the database is read back and
inserted into a fresh one of the same schema, one article per transaction, with the same promise of durability, by sqlite3 alone.
An article that is answered has left what was accepted; one that is visible has left its fragments and its page as well.
"""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.article import headline, news
from bench.connection import Connection, connected, get, post, post_article, wait_for_text
from bench.measurement import Measurement
from bench.system import SITE, System, running
from sokbo.storage import migrate

POSTS = 1_200
ROUNDS = 3
CONNECTIONS = 8
POLL_SECONDS = 0.005
LEAST_PER_SECOND = 600.0
LEAST_OF_BARE = 0.5

#: What an article leaves once it is accepted: tables, with the condition that says whose row it is.
_ACCEPTED = {
    "articles": "id = :id",
    "revisions": "article_id = :id",
    "listing_articles": "article_id = :id",
    "audit": "subject = :id",
    "events": "article_id = :id",
}
#: And once it is visible.
_VISIBLE = _ACCEPTED | {
    "fragments": "article_id = :id",
    "renderings": "article_id = :id",
    "documents": "(site_id, path) = (SELECT site_id, CAST(number AS TEXT) FROM articles WHERE id = :id)",
}

Rows = list[tuple[str, tuple[Any, ...]]]


def measure(posts: int = POSTS, rounds: int = ROUNDS) -> Sequence[Measurement]:
    """The medians of rounds."""
    with running() as system:
        database = system.settings.data / "sokbo.db"
        figures = []
        for number in range(rounds):
            accepted, visible, ids = uvloop.run(_post_all(system, range(number * posts, (number + 1) * posts)))
            bare_accepted = _bare_seconds(database, database.with_name(f"accepted-{number}.db"), _ACCEPTED, ids)
            bare_visible = _bare_seconds(database, database.with_name(f"visible-{number}.db"), _VISIBLE, ids)
            figures.append([posts / seconds for seconds in (accepted, bare_accepted, visible, bare_visible)])
    accepted_rate, bare_accepted_rate, visible_rate, bare_visible_rate = map(statistics.median, zip(*figures, strict=True))
    return [
        Measurement("POSTs answered 201", accepted_rate, "/s", limit=bare_accepted_rate, limit_name="bare SQLite, rows by then"),
        Measurement(
            "POSTs until all are visible",
            visible_rate,
            "/s",
            limit=bare_visible_rate,
            limit_name="bare SQLite, rows by then",
            at_least=LEAST_PER_SECOND,
            at_least_ratio=LEAST_OF_BARE,
        ),
    ]


async def _post_all(system: System, numbers: range) -> tuple[float, float, list[str]]:
    """Seconds until the last was accepted, seconds until the last was visible, and the articles' ids.

    Raises RuntimeError if one of them has no page by then.
    """
    waiting = iter([(number, post_article(system, news(number))) for number in numbers])
    accepted: dict[int, tuple[int, str]] = {}
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connected(system)) for _ in range(CONNECTIONS)]
        began = time.perf_counter()
        await asyncio.gather(*(_post_some(connection, waiting, accepted) for connection in connections))
        all_accepted = time.perf_counter()
        last, _ = accepted[max(accepted)]
        await wait_for_text(connections[0], get(f"/{SITE}/feed.json"), headline(last).encode(), POLL_SECONDS)
        all_visible = time.perf_counter()
        await _check_pages(connections[0], accepted)
    return all_accepted - began, all_visible - began, [article_id for _, article_id in accepted.values()]


async def _check_pages(connection: Connection, numbers: Iterable[int]) -> None:
    for number in numbers:
        answer = await connection.ask(get(f"/{SITE}/{number}"))
        if answer.status >= 400:
            raise RuntimeError(f"article {number} has no page: {answer.status}")


async def _post_some(connection: Connection, waiting: Iterator[tuple[int, bytes]], accepted: dict[int, tuple[int, str]]) -> None:
    """Posts one article after the other, and notes which of them each of the site's numbers is."""
    for ours, request in waiting:
        answer = orjson.loads(await post(connection, request))
        accepted[answer["number"]] = ours, answer["id"]


def _bare_seconds(source: Path, target: Path, tables: Mapping[str, str], ids: Sequence[str]) -> float:
    """Seconds that the articles' rows of these tables take, inserted anew."""
    with closing(sqlite3.connect(source)) as connection:
        shared = _rows(connection, "sites") + _rows(connection, "listings")
        articles = [_rows_of(connection, tables, article_id) for article_id in ids]
    migrate(f"sqlite:///{target}")
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
        _insert(connection, shared)
        began = time.perf_counter()
        for rows in articles:
            _insert(connection, rows)
        return time.perf_counter() - began


def _rows_of(connection: sqlite3.Connection, tables: Mapping[str, str], article_id: str) -> Rows:
    return [row for table, whose in tables.items() for row in _rows(connection, table, f"WHERE {whose}", id=article_id)]


def _rows(connection: sqlite3.Connection, table: str, condition: str = "", **values: str) -> Rows:
    found = connection.execute(f"SELECT * FROM {table} {condition}", values).fetchall()
    marks = ", ".join("?" * len(found[0])) if found else ""
    return [(f"INSERT INTO {table} VALUES ({marks})", row) for row in found]


def _insert(connection: sqlite3.Connection, rows: Rows) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement, values in rows:
        connection.execute(statement, values)
    connection.execute("COMMIT")
