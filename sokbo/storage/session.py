"""A transaction's statements, in an order that lets many of a kind be one."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Insert, Update

from sokbo.errors import Unavailable
from sokbo.storage.schema import metadata

Parameters = Mapping[str, Any]

RETRY_LATER = {"Retry-After": "2"}

_RANKS = {table.name: rank for rank, table in enumerate(metadata.sorted_tables)}


class Session:
    """Speaks to the database for all repositories of a unit of work; all of its methods raise Unavailable when that is gone.

    An INSERT that nobody reads back at once waits for more of its kind: in a group of accepted articles each statement then
    runs once for all of them. Whatever is executed sees what waited before it, but for what `execute_ahead` runs.
    """

    def __init__(self, connection: Connection):
        self._connection = connection
        self._waiting: dict[Insert, list[Parameters]] = {}
        self._last_word: dict[tuple[Update, int], Parameters] = {}

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    def execute(
        self,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """The statement's result, after all that waited."""
        self.flush()
        self._insist_on_transaction()
        return self._connection.execute(statement, parameters, execution_options=execution_options)

    def execute_ahead(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        """The result of a statement that has nothing to do with the tables for which INSERTs wait."""
        self._insist_on_transaction()
        return self._connection.execute(statement, parameters)

    def insert_later(self, statement: Insert, *rows: Parameters) -> None:
        """Inserts the rows before the next statement, or with the commit; into a table after those that it refers to."""
        self._waiting.setdefault(statement, []).extend(rows)

    def update_later(self, statement: Update, row: int, parameters: Parameters) -> None:
        """Updates the row with the next flush, in the place of what was to be written there before."""
        self._last_word[statement, row] = parameters

    def flush(self) -> None:
        """Runs what waits."""
        last_word, self._last_word = self._last_word, {}
        for (update, _), parameters in last_word.items():
            self._insist_on_transaction()
            self._connection.execute(update, parameters)
        waiting, self._waiting = self._waiting, {}
        for statement in sorted(waiting, key=lambda insert: _RANKS[insert.table.name]):
            self._insist_on_transaction()
            self._connection.execute(statement, waiting[statement])

    def commit(self) -> None:
        """Makes all of it last."""
        self.flush()
        self._insist_on_transaction()
        self._connection.commit()

    def _insist_on_transaction(self) -> None:
        """Raises Unavailable if SQLite has rolled the transaction back by itself, as it does when the disk is full: what was
        written is gone, and each statement that followed would be kept by itself."""
        if self._connection.in_transaction():
            driver = self._connection.connection.dbapi_connection
            if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
                raise Unavailable("the database has given the transaction up", headers=RETRY_LATER)
