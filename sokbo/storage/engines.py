"""The engines: how each database is connected to, and how long is waited for its locks."""

import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from sokbo.storage.checkpoints import PAGES, Checkpointer
from sokbo.storage.session import DatabaseUnavailable

LOCK_WAIT_SECONDS = 5
#: The execution option of a connection to SQLite that says otherwise, in seconds.
LOCK_WAIT = "sokbo_lock_wait"
LOCK_POLL_SECONDS = 0.0005
STATEMENT_SECONDS = 30
#: What is sent to a host that is gone, and says nothing, is waited for so long, and not for a quarter of an hour.
GONE_MILLISECONDS = 10_000
#: After this, PostgreSQL ends the transaction of a process that has stopped in the middle of it, and frees its locks.
FROZEN_SECONDS = 10


def sqlite(url: str) -> tuple[Engine, Engine]:
    """A durable writer, and a reader that can't write."""
    reader = _sqlite_engine(url, ["query_only = ON"], LOCK_WAIT_SECONDS)
    _on_begin(reader, "BEGIN", _path(url))
    return sqlite_writer(url, "FULL"), reader


def sqlite_writer(url: str, synchronous: str) -> Engine:
    """It takes the lock at BEGIN, so that no transaction fails half way."""
    writer = _sqlite_engine(url, [f"synchronous = {synchronous}"], timeout=0.0)
    _on_begin(writer, "BEGIN IMMEDIATE", _path(url))
    return writer


def _path(url: str) -> Path:
    return Path(unquote(url.removeprefix("sqlite:///")))


def checkpointer(url: str, writer: Engine) -> Checkpointer:
    """Makes checkpoints for what the writer commits."""
    made = Checkpointer(partial(_connect, _path(url), (), 0.0))

    def count(connection: Connection) -> None:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        made.count(driver.total_changes - connection.info.get("counted", 0))
        connection.info["counted"] = driver.total_changes

    event.listen(writer, "commit", count)
    return made


def _connect(path: Path, pragmas: Sequence[str], timeout: float) -> sqlite3.Connection:
    # mode=rw: where the file has gone, a new one would be empty, and whatever it took would be lost with it.
    address = f"file:{quote(str(path))}?mode=rw"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=timeout, check_same_thread=False)
    log = ("journal_mode = WAL", f"wal_autocheckpoint = {PAGES}")
    for pragma in (*log, "foreign_keys = ON", "cache_size = -4000", *pragmas):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _sqlite_engine(url: str, pragmas: Sequence[str], timeout: float) -> Engine:
    path = _path(url)

    def connect() -> sqlite3.Connection:
        return _connect(path, pragmas, timeout)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=4)
    event.listen(engine, "connect", lambda _connection, record: record.info.update(file=_identity(path)))
    return engine


def _on_begin(engine: Engine, statement: str, path: Path) -> None:
    def begin(connection: Connection) -> None:
        if connection.info["file"] != _identity(path):
            connection.invalidate()
            raise DatabaseUnavailable("its file has been moved or deleted")
        _begin(connection, statement, connection.get_execution_options().get(LOCK_WAIT, LOCK_WAIT_SECONDS))

    event.listen(engine, "begin", begin)


def _begin(connection: Connection, statement: str, wait_seconds: float) -> None:
    """Begins as soon as the lock is free, and asks for it once at least. SQLite itself looks again after 1, 2, 5, 10, 15, 20 and
    25 ms, while most transactions take less than 5, and so leaves the lock unused for most of the time in which two processes
    want it. The driver is asked itself: SQLAlchemy's errors take longer to make than the lock is held."""
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            driver.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(LOCK_POLL_SECONDS)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells this file from another at the same path; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def postgresql(url: str) -> tuple[Engine, Engine]:
    _, _, rest = url.partition("://")
    options = f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC"
    options += f" -c idle_in_transaction_session_timeout={FROZEN_SECONDS}s"
    engine = create_engine(
        f"postgresql+psycopg://{rest}",
        connect_args={"options": options, "connect_timeout": LOCK_WAIT_SECONDS, "tcp_user_timeout": GONE_MILLISECONDS},
        pool_size=4,
        max_overflow=4,
        pool_timeout=LOCK_WAIT_SECONDS,
        pool_pre_ping=True,
    )
    return engine, engine
