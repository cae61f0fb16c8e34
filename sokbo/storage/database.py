"""The engines and the unit of work: leaving it without `commit()` rolls back."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from sokbo.errors import Unavailable
from sokbo.storage.archives import ArchiveRepository
from sokbo.storage.articles import ArticleRepository
from sokbo.storage.assemblies import AssemblyRepository
from sokbo.storage.audit import AuditRepository
from sokbo.storage.deliveries import DeliveryRepository
from sokbo.storage.delivery_records import DeliveryRecordRepository
from sokbo.storage.documents import DocumentRepository
from sokbo.storage.events import EventRepository
from sokbo.storage.forms import FormRepository
from sokbo.storage.idempotency import IdempotencyRepository
from sokbo.storage.keys import KeyRepository
from sokbo.storage.listings import ListingRepository
from sokbo.storage.media import MediaRepository
from sokbo.storage.partners import PartnerRepository
from sokbo.storage.pictures import PictureRepository
from sokbo.storage.retention import RetentionRepository
from sokbo.storage.selections import SelectionRepository
from sokbo.storage.session import RETRY_LATER, Session
from sokbo.storage.sites import SiteRepository
from sokbo.storage.tallies import TallyRepository
from sokbo.storage.tombstones import TombstoneRepository

Clock = Callable[[], datetime]

LOCK_WAIT_SECONDS = 5
LOCK_POLL_SECONDS = 0.0005
STATEMENT_SECONDS = 30
#: After this, PostgreSQL ends the transaction of a process that has stopped in the middle of it, and frees its locks.
FROZEN_SECONDS = 10
#: What PostgreSQL calls a deadlock, and a transaction that others have made impossible.
_OUTRUN_STATES = {"40P01", "40001"}

_SERVER_TIME = text("SELECT clock_timestamp()")


class Outrun(Unavailable):
    """Other transactions were in the way of this one, which the database has rolled back: done again, it may succeed."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class UnitOfWork:
    """One transaction and the repositories that speak through it."""

    def __init__(self, session: Session, clock: Clock | None):
        self._session = session
        self._clock = clock

    @cached_property
    def now(self) -> datetime:
        """One moment for all of the transaction, by a clock that all processes share: the database server's, where there is
        one, else the machine's."""
        if self._clock is not None:
            return self._clock()
        moment: datetime = self._session.execute(_SERVER_TIME).scalar_one()
        return moment.astimezone(UTC)

    @cached_property
    def sites(self) -> SiteRepository:
        return SiteRepository(self._session)

    @cached_property
    def keys(self) -> KeyRepository:
        return KeyRepository(self._session)

    @cached_property
    def articles(self) -> ArticleRepository:
        return ArticleRepository(self._session)

    @cached_property
    def listings(self) -> ListingRepository:
        return ListingRepository(self._session)

    @cached_property
    def events(self) -> EventRepository:
        return EventRepository(self._session)

    @cached_property
    def assemblies(self) -> AssemblyRepository:
        return AssemblyRepository(self._session)

    @cached_property
    def archives(self) -> ArchiveRepository:
        return ArchiveRepository(self._session)

    @cached_property
    def tombstones(self) -> TombstoneRepository:
        return TombstoneRepository(self._session)

    @cached_property
    def documents(self) -> DocumentRepository:
        return DocumentRepository(self._session)

    @cached_property
    def forms(self) -> FormRepository:
        return FormRepository(self._session)

    @cached_property
    def partners(self) -> PartnerRepository:
        return PartnerRepository(self._session)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self._session)

    @cached_property
    def delivery_records(self) -> DeliveryRecordRepository:
        return DeliveryRecordRepository(self._session)

    @cached_property
    def media(self) -> MediaRepository:
        return MediaRepository(self._session)

    @cached_property
    def pictures(self) -> PictureRepository:
        return PictureRepository(self._session)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        return IdempotencyRepository(self._session)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self._session)

    @cached_property
    def retention(self) -> RetentionRepository:
        return RetentionRepository(self._session)

    @cached_property
    def selections(self) -> SelectionRepository:
        return SelectionRepository(self._session)

    @cached_property
    def tallies(self) -> TallyRepository:
        return TallyRepository(self._session)

    def flush(self) -> None:
        """Runs the statements that wait for others of their kind, so that the commit has nothing left to do but to last."""
        self._session.flush()

    def commit(self) -> None:
        """Raises Unavailable if nothing of it could be kept."""
        self._session.commit()


class Database:
    """Both engines of one process. `durable` waits for the disk at each commit; without it, a commit may be undone by a
    loss of power (never by the death of a process), and only from the newest backwards: right for work that would then be
    done again in the same way. It matters on SQLite alone; PostgreSQL is always durable.

    `has_one_writer`: a transaction that may write begins when the last one has ended."""

    def __init__(self, url: str, *, durable: bool = True, clock: Clock | None = None):
        is_sqlite = url.startswith("sqlite")
        self.has_one_writer = is_sqlite
        self.clock = clock or utc_now
        self._clock = utc_now if clock is None and is_sqlite else clock
        self._durable_writer, self._reader = _sqlite(url) if is_sqlite else _postgresql(url)
        self._writer = self._durable_writer if durable or not is_sqlite else _sqlite_writer(url, "NORMAL")

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[UnitOfWork]:
        """A transaction that may write; `durable` waits for the disk whatever the others do. Raises Unavailable when the
        database can't be had in time."""
        with translated(), (self._durable_writer if durable else self._writer).connect() as connection:
            yield UnitOfWork(Session(connection), self._clock)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that only reads. Raises Unavailable as `write` does."""
        with translated(), self._reader.connect() as connection:
            yield UnitOfWork(Session(connection), self._clock)

    def ping(self) -> None:
        """Returns if the database answers and has the schema; raises Unavailable if not."""
        with translated(), self._reader.connect() as connection:
            try:
                connection.execute(text("SELECT version FROM site_versions LIMIT 1"))
            except ProgrammingError as error:  # PostgreSQL's word for a table that isn't there
                raise Unavailable("the database has no schema yet") from error

    def close(self) -> None:
        self._writer.dispose()
        self._durable_writer.dispose()
        self._reader.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the drivers' failures to reach or lock the database into Unavailable, with the reason in one line; into Outrun
    where it lost against other transactions."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError, sqlite3.OperationalError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise  # SQLite's word for statements that are wrong, which no waiting mends
        raise (Outrun if getattr(cause, "sqlstate", None) in _OUTRUN_STATES else Unavailable)(
            f"the database can't be used right now: {' '.join(str(cause).split())}",
            headers=RETRY_LATER,
        ) from error


def _sqlite(url: str) -> tuple[Engine, Engine]:
    """A durable writer, and a reader that can't write."""
    reader = _sqlite_engine(url, ["query_only = ON"], LOCK_WAIT_SECONDS)
    _on_begin(reader, "BEGIN", _path(url))
    return _sqlite_writer(url, "FULL"), reader


def _sqlite_writer(url: str, synchronous: str) -> Engine:
    """It takes the lock at BEGIN, so that no transaction fails half way."""
    writer = _sqlite_engine(url, [f"synchronous = {synchronous}"], timeout=0.0)
    _on_begin(writer, "BEGIN IMMEDIATE", _path(url))
    return writer


def _path(url: str) -> Path:
    return Path(unquote(url.removeprefix("sqlite:///")))


def _sqlite_engine(url: str, pragmas: Sequence[str], timeout: float) -> Engine:
    path = _path(url)

    def connect() -> sqlite3.Connection:
        # mode=rw: where the file has gone, a new one would be empty, and whatever it took would be lost with it.
        address = f"file:{quote(str(path))}?mode=rw"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=timeout, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "cache_size = -4000", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=4)
    event.listen(engine, "connect", lambda _connection, record: record.info.update(file=_identity(path)))
    return engine


def _on_begin(engine: Engine, statement: str, path: Path) -> None:
    def begin(connection: Connection) -> None:
        if connection.info["file"] != _identity(path):
            connection.invalidate()
            raise Unavailable("the database file has been moved or deleted", headers=RETRY_LATER)
        _begin(connection, statement)

    event.listen(engine, "begin", begin)


def _begin(connection: Connection, statement: str) -> None:
    """Begins as soon as the lock is free. SQLite itself looks again after 1, 2, 5, 10, 15, 20 and 25 ms, while most transactions
    take less than 5, and so leaves the lock unused for most of the time in which two processes want it. The driver is asked
    itself: SQLAlchemy's errors take longer to make than the lock is held."""
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
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


def _postgresql(url: str) -> tuple[Engine, Engine]:
    _, _, rest = url.partition("://")
    options = f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC"
    options += f" -c idle_in_transaction_session_timeout={FROZEN_SECONDS}s"
    engine = create_engine(
        f"postgresql+psycopg://{rest}",
        connect_args={"options": options, "connect_timeout": LOCK_WAIT_SECONDS},
        pool_size=4,
        max_overflow=4,
        pool_timeout=LOCK_WAIT_SECONDS,
        pool_pre_ping=True,
    )
    return engine, engine
