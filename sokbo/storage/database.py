"""The unit of work: leaving it without `commit()` rolls back."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sokbo.storage import engines
from sokbo.storage.archives import ArchiveRepository
from sokbo.storage.articles import ArticleRepository
from sokbo.storage.assemblies import AssemblyRepository
from sokbo.storage.audit import AuditRepository
from sokbo.storage.deliveries import DeliveryRepository
from sokbo.storage.delivery_records import DeliveryRecordRepository
from sokbo.storage.departures import DepartureRepository
from sokbo.storage.direct import direct_statements
from sokbo.storage.documents import DocumentRepository
from sokbo.storage.events import EventRepository
from sokbo.storage.forms import FormRepository
from sokbo.storage.idempotency import IdempotencyRepository
from sokbo.storage.keys import KeyRepository
from sokbo.storage.listings import ListingRepository
from sokbo.storage.media import MediaRepository
from sokbo.storage.outcomes import OutcomeRepository
from sokbo.storage.partners import PartnerRepository
from sokbo.storage.pictures import PictureRepository
from sokbo.storage.reaper import Reaper
from sokbo.storage.retention import RetentionRepository
from sokbo.storage.selections import SelectionRepository
from sokbo.storage.session import DatabaseUnavailable, Session, translated
from sokbo.storage.sitemaps import SitemapRepository
from sokbo.storage.sites import SiteRepository
from sokbo.storage.subscriptions import SubscriptionRepository
from sokbo.storage.tables import site_versions
from sokbo.storage.tallies import TallyRepository
from sokbo.storage.tombstones import TombstoneRepository

Clock = Callable[[], datetime]
Mark = Mapping[str, Any]

_SERVER_TIME = text("SELECT clock_timestamp()")
_TRANSACTION = text("SELECT CAST(pg_current_xact_id() AS text)")
_BECAME = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")
#: 0 would mean that there is no limit.
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :milliseconds, true)")
#: How long to ask what became of a commit whose answer was lost, and how often.
SETTLE_SECONDS = 5.0
_SETTLE_POLL_SECONDS = 0.1


def utc_now() -> datetime:
    return datetime.now(UTC)


class UnitOfWork:
    """One transaction and the repositories that speak through it."""

    def __init__(self, session: Session, clock: Clock | None, was_kept: Callable[[str, Mark], bool]):
        self._session = session
        self._clock = clock
        self._was_kept = was_kept
        self._ticks = 0

    @cached_property
    def now(self) -> datetime:
        """One moment for all of the transaction, by a clock that all processes share: the database server's, where there is
        one, else the machine's."""
        if self._clock is not None:
            return self._clock()
        moment: datetime = self._session.execute(_SERVER_TIME).scalar_one()
        return moment.astimezone(UTC)

    def tick(self) -> datetime:
        """A moment for one change of several: `now`, and a microsecond more for each that was given before it. Entries of a feed
        that bear the same time can't be told apart by those who go by it."""
        moment = self.now + timedelta(microseconds=self._ticks)
        self._ticks += 1
        return moment

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
    def sitemaps(self) -> SitemapRepository:
        return SitemapRepository(self._session)

    @cached_property
    def tombstones(self) -> TombstoneRepository:
        return TombstoneRepository(self._session)

    @cached_property
    def departures(self) -> DepartureRepository:
        return DepartureRepository(self._session)

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
    def subscriptions(self) -> SubscriptionRepository:
        return SubscriptionRepository(self._session)

    @cached_property
    def outcomes(self) -> OutcomeRepository:
        return OutcomeRepository(self._session)

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

    @property
    def changes(self) -> int:
        """How many statements have written so far, or wait to."""
        return self._session.changes

    def flush(self) -> None:
        """Runs the statements that wait for others of their kind, so that the commit has nothing left to do but to last."""
        self._session.flush()

    def commit(self) -> None:
        """Commits. On failure `Database.write` raises DatabaseUnavailable; on PostgreSQL the commit may have happened all the
        same (the reply was lost), so use it for work that is safe to repeat."""
        self.tallies.write()
        self._session.commit()

    def commit_for_certain(self) -> None:
        """As `commit`, but asks PostgreSQL what became of a commit whose answer was lost, and fails only if nothing was kept, or
        if the database doesn't come back in time to tell. What is to be certain must be in the audit, by which it is found."""
        if self._session.dialect == "sqlite":  # its commit is a call, whose answer can't be lost
            self.commit()
            return
        transaction: str = self._session.execute(_TRANSACTION).scalar_one()
        try:
            self.commit()
        except OperationalError:
            if self.audit.mark is None or not self._was_kept(transaction, self.audit.mark):
                raise


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
        self._direct = direct_statements() if is_sqlite else None
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
                raise DatabaseUnavailable("the database has no schema yet")

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
