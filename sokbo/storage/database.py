"""The engines and the unit of work: leaving it without `commit()` rolls back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sokbo.errors import Unavailable
from sokbo.storage.articles import ArticleRepository
from sokbo.storage.audit import AuditRepository
from sokbo.storage.deliveries import DeliveryRepository
from sokbo.storage.documents import DocumentRepository
from sokbo.storage.events import EventRepository
from sokbo.storage.idempotency import IdempotencyRepository
from sokbo.storage.keys import KeyRepository
from sokbo.storage.listings import ListingRepository
from sokbo.storage.partners import PartnerRepository
from sokbo.storage.sites import SiteRepository
from sokbo.storage.tallies import TallyRepository

Clock = Callable[[], datetime]

LOCK_WAIT_SECONDS = 5
STATEMENT_SECONDS = 30
RETRY_AFTER_SECONDS = 2


def utc_now() -> datetime:
    return datetime.now(UTC)


class UnitOfWork:
    """One transaction and the repositories that speak through it. `now` is one moment for all of it."""

    def __init__(self, connection: Connection, now: datetime):
        self.now = now
        self._connection = connection

    @cached_property
    def sites(self) -> SiteRepository:
        return SiteRepository(self._connection)

    @cached_property
    def keys(self) -> KeyRepository:
        return KeyRepository(self._connection)

    @cached_property
    def articles(self) -> ArticleRepository:
        return ArticleRepository(self._connection)

    @cached_property
    def listings(self) -> ListingRepository:
        return ListingRepository(self._connection)

    @cached_property
    def events(self) -> EventRepository:
        return EventRepository(self._connection)

    @cached_property
    def documents(self) -> DocumentRepository:
        return DocumentRepository(self._connection)

    @cached_property
    def partners(self) -> PartnerRepository:
        return PartnerRepository(self._connection)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self._connection)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        return IdempotencyRepository(self._connection)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self._connection)

    @cached_property
    def tallies(self) -> TallyRepository:
        return TallyRepository(self._connection)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is undone alone if it raises."""
        with self._connection.begin_nested():
            yield

    def commit(self) -> None:
        self._connection.commit()


class Database:
    """Both engines of one process. `durable` waits for the disk at each commit; without it, a commit may be undone by a
    loss of power (never by the death of a process), and only from the newest backwards: right for work that would then be
    done again. It matters on SQLite alone; PostgreSQL is always durable."""

    def __init__(self, url: str, *, durable: bool = True, clock: Clock = utc_now):
        self.clock = clock
        self._writer, self._reader = _sqlite(url, durable) if url.startswith("sqlite") else _postgresql(url)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that may write. Raises Unavailable when the database can't be had in time."""
        with translated(), self._writer.connect() as connection:
            yield UnitOfWork(connection, self.clock())

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that only reads. Raises Unavailable as `write` does."""
        with translated(), self._reader.connect() as connection:
            yield UnitOfWork(connection, self.clock())

    def ping(self) -> None:
        """Returns if the database answers; raises Unavailable if not."""
        with translated(), self._reader.connect() as connection:
            connection.execute(text("SELECT version FROM site_versions LIMIT 1"))

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the drivers' failures to reach or lock the database into Unavailable, with the reason in one line."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise Unavailable(
            f"the database can't be used right now: {' '.join(str(cause).split())}",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from error


def _sqlite(url: str, durable: bool) -> tuple[Engine, Engine]:
    """A writer that takes the lock at BEGIN, so that no transaction fails half way, and a reader that can't write."""
    arguments = {"isolation_level": None, "timeout": LOCK_WAIT_SECONDS, "check_same_thread": False}
    writer = create_engine(url, connect_args=arguments, pool_size=4, max_overflow=4)
    reader = create_engine(url, connect_args=arguments, pool_size=4, max_overflow=4)
    pragmas = [
        "journal_mode = WAL",
        f"synchronous = {'FULL' if durable else 'NORMAL'}",
        "foreign_keys = ON",
        "cache_size = -4000",
    ]
    _on_connect(writer, pragmas)
    _on_connect(reader, [*pragmas, "query_only = ON"])
    _on_begin(writer, "BEGIN IMMEDIATE")
    _on_begin(reader, "BEGIN")
    return writer, reader


def _postgresql(url: str) -> tuple[Engine, Engine]:
    _, _, rest = url.partition("://")
    options = f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC"
    engine = create_engine(
        f"postgresql+psycopg://{rest}",
        connect_args={"options": options, "connect_timeout": LOCK_WAIT_SECONDS},
        pool_size=4,
        max_overflow=4,
        pool_timeout=LOCK_WAIT_SECONDS,
        pool_pre_ping=True,
    )
    return engine, engine


def _on_connect(engine: Engine, pragmas: list[str]) -> None:
    def connect(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connect)


def _on_begin(engine: Engine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)
