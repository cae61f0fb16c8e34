"""The unit of work: one transaction, and the repositories that speak through it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sokbo.storage.archives import ArchiveRepository
from sokbo.storage.articles import ArticleRepository
from sokbo.storage.assemblies import AssemblyRepository
from sokbo.storage.audit import AuditRepository
from sokbo.storage.deliveries import DeliveryRepository
from sokbo.storage.delivery_records import DeliveryRecordRepository
from sokbo.storage.departures import DepartureRepository
from sokbo.storage.documents import DocumentRepository
from sokbo.storage.events import EventRepository
from sokbo.storage.idempotency import IdempotencyRepository
from sokbo.storage.keys import KeyRepository
from sokbo.storage.listings import ListingRepository
from sokbo.storage.media import MediaRepository
from sokbo.storage.outcomes import OutcomeRepository
from sokbo.storage.partners import PartnerRepository
from sokbo.storage.pictures import PictureRepository
from sokbo.storage.retention import RetentionRepository
from sokbo.storage.selection_fragments import SelectionFragmentRepository
from sokbo.storage.selections import SelectionRepository
from sokbo.storage.session import Session
from sokbo.storage.sitemaps import SitemapRepository
from sokbo.storage.sites import SiteRepository
from sokbo.storage.subscriptions import SubscriptionRepository
from sokbo.storage.tallies import TallyRepository
from sokbo.storage.tombstones import TombstoneRepository

Clock = Callable[[], datetime]
Mark = Mapping[str, Any]
T = TypeVar("T")

_SERVER_TIME = text("SELECT clock_timestamp()")
_TRANSACTION = text("SELECT CAST(pg_current_xact_id() AS text)")


class repository(Generic[T]):  # noqa: N801 - used like a decorator
    """A repository of the unit of work's session, made when it is first asked for."""

    def __init__(self, make: Callable[[Session], T]):
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, uow: "UnitOfWork", _owner: type) -> T:
        made = uow.__dict__[self._name] = self._make(uow._session)
        return made


class UnitOfWork:
    """One transaction and the repositories that speak through it; leaving it without `commit` rolls back."""

    sites = repository(SiteRepository)
    keys = repository(KeyRepository)
    articles = repository(ArticleRepository)
    listings = repository(ListingRepository)
    events = repository(EventRepository)
    assemblies = repository(AssemblyRepository)
    archives = repository(ArchiveRepository)
    sitemaps = repository(SitemapRepository)
    tombstones = repository(TombstoneRepository)
    departures = repository(DepartureRepository)
    documents = repository(DocumentRepository)
    selection_fragments = repository(SelectionFragmentRepository)
    partners = repository(PartnerRepository)
    deliveries = repository(DeliveryRepository)
    subscriptions = repository(SubscriptionRepository)
    outcomes = repository(OutcomeRepository)
    delivery_records = repository(DeliveryRecordRepository)
    media = repository(MediaRepository)
    pictures = repository(PictureRepository)
    idempotency = repository(IdempotencyRepository)
    audit = repository(AuditRepository)
    retention = repository(RetentionRepository)
    selections = repository(SelectionRepository)
    tallies = repository(TallyRepository)

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
