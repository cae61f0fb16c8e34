"""The database of one process: its engines, and the transactions over them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sokbo.storage import engines
from sokbo.storage.audit import AuditRepository
from sokbo.storage.compiled import statement_cache
from sokbo.storage.reaper import Reaper
from sokbo.storage.session import DatabaseUnavailable, Session, translated
from sokbo.storage.tables import site_versions
from sokbo.storage.unit_of_work import Clock, Mark, UnitOfWork

_BECAME = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")
#: 0 would mean that there is no limit.
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :milliseconds, true)")
#: How long to ask what became of a commit whose answer was lost, and how often.
SETTLE_SECONDS = 5.0
_SETTLE_POLL_SECONDS = 0.1


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """Both engines of one process. `durable` waits for the disk at each commit; without it, a commit may be undone by a
    loss of power (never by the death of a process), and only from the newest backwards: right for work that would then be
    done again in the same way. It matters on SQLite alone; PostgreSQL is always durable.

    `has_one_writer`: a transaction that may write begins when the last one has ended."""

    def __init__(self, url: str, *, durable: bool = True, clock: Clock | None = None):
        is_sqlite = url.startswith("sqlite")
        self.has_one_writer = is_sqlite
        self._clock = utc_now if clock is None and is_sqlite else clock
        self._durable_writer, self._reader = engines.sqlite(url) if is_sqlite else engines.postgresql(url)
        self._direct = statement_cache() if is_sqlite else None
        self._reaper = None if is_sqlite else Reaper(url)
        self._writer = self._durable_writer if durable or not is_sqlite else engines.sqlite_writer(url, "NORMAL")
        self._checkpointer = None if durable or not is_sqlite else engines.checkpointer(url, self._writer)

    @contextmanager
    def write(self, *, durable: bool = False, wait_seconds: float | None = None) -> Iterator[UnitOfWork]:
        """A transaction that may write; `durable` waits for the disk whatever the others do. Raises DatabaseUnavailable when
        the database can't be had in time, and its kind Locked when others hold it for longer than `wait_seconds`, or five.

        SQLite has one lock, and all of the wait is for that. PostgreSQL's limit is for each statement's locks; to set one costs a
        round trip, and is left out where it would make no difference of a second.
        """
        with translated(), (self._durable_writer if durable else self._writer).connect() as connection:
            if wait_seconds is not None and self.has_one_writer:
                connection.execution_options(**{engines.LOCK_WAIT: wait_seconds})
            connection.begin()  # SQLite waits for its lock here, so that no moment is read before that wait
            if wait_seconds is not None and not self.has_one_writer and wait_seconds < engines.LOCK_WAIT_SECONDS - 1:
                connection.execute(_LOCK_TIMEOUT, {"milliseconds": str(max(1, round(wait_seconds * 1000)))})
            yield UnitOfWork(Session(connection, self._direct), self._clock, self._was_kept)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that only reads. Raises DatabaseUnavailable as `write` does."""
        with translated(), self._reader.connect() as connection:
            yield UnitOfWork(Session(connection, self._direct), self._clock, self._was_kept)

    def ping(self) -> None:
        """Returns if the database answers and has the schema; raises DatabaseUnavailable if not."""
        with translated(), self._reader.connect() as connection:
            if not inspect(connection).has_table(site_versions.name):
                raise DatabaseUnavailable("it has no schema yet")

    def _was_kept(self, transaction: str, mark: Mark) -> bool:
        """What became of a transaction of PostgreSQL's, asked over another connection; False if there is no answer in time.

        Its number only tells when it has ended: after a crash, PostgreSQL gives another transaction the number of one that had
        not come to the disk.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            with suppress(OperationalError, PoolTimeoutError), self._reader.connect() as connection:
                became = connection.execute(_BECAME, {"transaction": transaction}).scalar_one()
                if became != "in progress":
                    return AuditRepository(Session(connection, self._direct)).holds(mark)
            time.sleep(_SETTLE_POLL_SECONDS)
        return False

    def close(self) -> None:
        if self._reaper is not None:
            self._reaper.close()
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._writer.dispose()
        self._durable_writer.dispose()
        self._reader.dispose()
