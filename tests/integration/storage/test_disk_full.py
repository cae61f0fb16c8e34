"""What a full disk leaves of a transaction: nothing, and no word that it is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from sokbo.errors import Unavailable
from sokbo.storage import Database, UnitOfWork
from tests.databases import TEMPLATE, SqliteFiles, new_name
from tests.newsroom import Newsroom

PAGES_LEFT = 20


@contextmanager
def nearly_full() -> Iterator[None]:
    """New SQLite connections find little room for their database to grow."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + PAGES_LEFT}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def fill(uow: UnitOfWork, newsroom: Newsroom) -> None:
    """Writes until SQLite gives the transaction up, and says nothing of it."""
    uow.audit.record(newsroom.site.id, "actor", "action", "subject" * 100_000, "req_1", uow.now)
    with pytest.raises(Unavailable):
        uow.events.last_sequence(newsroom.site.id)


@pytest.fixture
def newsroom(sqlite: SqliteFiles) -> Iterator[Newsroom]:
    url = sqlite.create(new_name(), TEMPLATE)
    first = Database(url)
    opened = Newsroom.open(first)
    first.close()
    with nearly_full():
        database = Database(url)
        yield Newsroom(database, opened.site)
        database.close()


def test_transaction_that_the_database_has_given_up_is_not_said_to_be_kept(newsroom: Newsroom) -> None:
    with newsroom.database.write() as uow:
        fill(uow, newsroom)
        with pytest.raises(Unavailable):
            uow.commit()
    assert newsroom.post().number == 1


def test_nothing_that_follows_is_kept_by_itself(newsroom: Newsroom) -> None:
    with newsroom.database.write() as uow:
        fill(uow, newsroom)
        with pytest.raises(Unavailable):
            uow.sites.next_number(newsroom.site.id)
    assert newsroom.post().number == 1
