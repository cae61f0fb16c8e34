"""A transaction's statements, in an order that lets many of a kind be one."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, Executable, Insert, Update, UpdateBase
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sokbo.errors import Unavailable
from sokbo.storage.compiled import CompiledStatement, Parameters, Rows, StatementCache
from sokbo.storage.schema import metadata

RETRY_LATER = {"Retry-After": "2"}
#: What PostgreSQL calls a deadlock, and a transaction that others have made impossible.
_CONFLICT_STATES = {"40P01", "40001"}
#: And a lock that it didn't get within `lock_timeout`.
_LOCK_TIMEOUT = "55P03"
#: What SQLite says of a file that is none of its own, or damaged.
_NO_DATABASE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}

_RANKS = {table.name: rank for rank, table in enumerate(metadata.sorted_tables)}


class DatabaseUnavailable(Unavailable):
    """The database can't be had, or can't be used. `reason` is for operators: drivers' words name hosts and files."""

    def __init__(self, reason: str):
        super().__init__("the database can't be used right now", headers=RETRY_LATER)
        self.reason = reason

    @property
    def full_message(self) -> str:
        return f"{self.message}: {self.reason}"

    def __str__(self) -> str:
        return self.full_message


class TransactionConflict(DatabaseUnavailable):
    """Other transactions were in the way of this one, which the database has rolled back: done again, it may succeed."""


class Locked(DatabaseUnavailable):
    """Others have held a lock for longer than was to be waited for it."""


@contextmanager
def translated() -> Iterator[None]:
    """Turns the drivers' failures to reach or lock the database into DatabaseUnavailable, with the reason in one line; into
    Locked where others hold it, into TransactionConflict where it lost against them."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError, sqlite3.OperationalError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise  # SQLite's word for statements that are wrong, which no waiting mends
        raise _kind(cause)(" ".join(str(cause).split())) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode & 0xFF in _NO_DATABASE:
            raise DatabaseUnavailable(str(cause)) from error
        raise


def _kind(cause: BaseException | None) -> type[DatabaseUnavailable]:
    if isinstance(cause, sqlite3.Error):
        return Locked if cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY else DatabaseUnavailable
    state = getattr(cause, "sqlstate", None)
    if state == _LOCK_TIMEOUT:
        return Locked
    return TransactionConflict if state in _CONFLICT_STATES else DatabaseUnavailable


class Session:
    """Speaks to the database for all repositories of a unit of work. Its statements raise DatabaseUnavailable when that is
    gone; a failed `commit` raises the driver's error, which the block of `Database.write` makes that of.

    An INSERT that nobody reads back at once waits for more of its kind: in a group of accepted articles each statement then
    runs once for all of them. Whatever is executed sees what waited before it, but for what `execute_ahead` runs.
    """

    def __init__(self, connection: Connection, direct: StatementCache | None = None):
        """`direct`: the engine's own, where it is SQLite's."""
        self.changes = 0  # statements that write, run or waiting
        self._connection = connection
        self._direct = direct
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
    ) -> Rows:
        """The statement's result, after all that waited. One that comes with parameters should be made once, in its module or by
        a cached function: it is prepared at its first execution."""
        self.flush()
        return self._execute(statement, parameters, execution_options)

    def execute_ahead(self, statement: Executable, parameters: Parameters) -> Rows:
        """The result of a statement that has nothing to do with the tables for which INSERTs wait."""
        return self._execute(statement, parameters)

    def _execute(
        self,
        statement: Executable,
        parameters: Parameters | Sequence[Parameters] | None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Rows:
        self._insist_on_transaction()
        self.changes += isinstance(statement, UpdateBase)
        with translated():
            if self._direct is not None and parameters and (direct := self._direct.find(statement, parameters)) is not None:
                return self._hand_over(direct, parameters)
            return self._connection.execute(statement, parameters, execution_options=execution_options)

    def _hand_over(self, direct: CompiledStatement, parameters: Parameters | Sequence[Parameters]) -> Rows:
        """The result of what SQLite's driver is given itself."""
        if not self._connection.in_transaction():
            self._connection.begin()
        driver = cast("sqlite3.Connection", self._connection.connection.dbapi_connection)
        try:
            if isinstance(parameters, Mapping):
                return direct.execute(driver, parameters)
            return direct.execute_many(driver, parameters)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(direct.text, None, error) from error

    def insert_later(self, statement: Insert, *rows: Parameters) -> None:
        """Inserts the rows before the next statement, or with the commit; into a table after those that it refers to."""
        self.changes += 1
        self._waiting.setdefault(statement, []).extend(rows)

    def update_later(self, statement: Update, row: int, parameters: Parameters) -> None:
        """Updates the row with the next flush, in the place of what was to be written there before."""
        self.changes += 1
        self._last_word[statement, row] = parameters

    def flush(self) -> None:
        """Runs what waits."""
        last_word, self._last_word = self._last_word, {}
        for (update, _), parameters in last_word.items():
            self._execute(update, parameters)
        waiting, self._waiting = self._waiting, {}
        for statement in sorted(waiting, key=lambda insert: _RANKS[insert.table.name]):
            self._execute(statement, waiting[statement])

    def commit(self) -> None:
        """Makes all of it last."""
        self.flush()
        self._insist_on_transaction()
        self._connection.commit()

    def _insist_on_transaction(self) -> None:
        """Raises DatabaseUnavailable if SQLite has rolled the transaction back by itself, as it does when the disk is full: what
        was written is gone, and each statement that followed would be kept by itself."""
        if self._connection.in_transaction():
            driver = self._connection.connection.dbapi_connection
            if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
                raise DatabaseUnavailable("it has given the transaction up")
