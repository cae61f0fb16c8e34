"""Events: appended in the transaction of what they tell, leased by workers, finished with the documents they led to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from sokbo.domain.event import Event, EventType, Lane
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import ArticleId, EventId, SiteId
from sokbo.storage.lease_conditions import NOW, UNTIL, is_free, moments
from sokbo.storage.session import Session
from sokbo.storage.tables import events, site_counters


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event and every listing that it changes, those included that the article has left."""

    event: Event
    listings: tuple[Listing, ...]


class LeaseLost(Exception):
    """Another worker has taken over what this one held: it must not write."""


#: What so many holders have died with, or lost their lease of, is suspected to be the reason.
SUSPECT_LEASES = 3

_PENDING = and_(events.c.done_at.is_(None), is_free(events))


def _lease(which: ColumnElement[bool]) -> ReturningUpdate[Any]:
    following = (
        select(events.c.id)
        .where(_PENDING, events.c.lane == bindparam("lane_wanted"), which)
        .order_by(events.c.created_at, events.c.sequence)
        .limit(bindparam("room"))
        .with_for_update(skip_locked=True)
        .cte("following")  # and no subquery, which PostgreSQL may run again for each row, past the limit
    )
    own = update(events).where(events.c.id.in_(select(following.c.id)), _PENDING)
    return own.values(_HELD).returning(*events.c)


_HELD = {"lease_holder": bindparam("holder"), "lease_until": UNTIL, "leases": events.c.leases + 1}
_LEASE = _lease(events.c.leases < SUSPECT_LEASES)
_LEASE_SUSPECTS = _lease(events.c.leases >= SUSPECT_LEASES)
_FINISH = (
    update(events)
    .where(
        events.c.id.in_(bindparam("event_ids", expanding=True)),
        events.c.lease_holder == bindparam("holder"),
        events.c.done_at.is_(None),
    )
    .values(done_at=NOW)
)
_INSERT = insert(events)
_ONE_UNCLAIMED = select(events.c.id).where(_PENDING, events.c.lane == bindparam("lane_wanted")).limit(1)
_UNCLAIMED = select(events.c.lane, func.min(events.c.created_at)).where(_PENDING).group_by(events.c.lane)


class EventRepository:
    def __init__(self, session: Session):
        self._session = session

    def append(self, event: Event, listings: Sequence[Listing]) -> None:
        told = [[item.kind, item.key, item.label] for item in listings]
        row = {
            "id": event.id,
            "site_id": event.site_id,
            "sequence": event.sequence,
            "type": event.type,
            "article_id": event.article_id,
            "revision": event.revision,
            "breaking": event.breaking,
            "lane": event.lane,
            "listings": told,
            "created_at": event.created_at,
            "request_id": event.request_id,
        }
        self._session.insert_later(_INSERT, row)

    def lease(self, lane: Lane, holder: str, now: datetime, seconds: float, limit: int) -> Sequence[PendingEvent]:
        """Up to `limit` events of the lane that nobody is at, oldest first, now held by `holder`. If there are none, one of
        those with which others have died: whatever it does, it does to nothing else."""
        chosen = {"lane_wanted": lane, "holder": holder, "room": limit, **moments(now, seconds)}
        leased = [_pending(row) for row in self._session.execute(_LEASE, chosen)]
        if not leased:
            leased = [_pending(row) for row in self._session.execute(_LEASE_SUSPECTS, chosen | {"room": 1})]
        return sorted(leased, key=lambda item: (item.event.site_id, item.event.sequence))

    def has_unclaimed(self, lane: Lane, now: datetime, seconds: float) -> bool:
        """True if events of the lane wait that nobody is at, where leases last so many seconds."""
        return self._session.execute(_ONE_UNCLAIMED, {"lane_wanted": lane, **moments(now, seconds)}).first() is not None

    def release(self, event_ids: Sequence[EventId], holder: str) -> None:
        """Gives back what was leased and not done, as if it hadn't been."""
        statement = update(events).where(events.c.id.in_(event_ids), events.c.lease_holder == holder)
        self._session.execute(statement.values(lease_holder=None, lease_until=None, leases=events.c.leases - 1))

    def finish(self, event_ids: Sequence[EventId], holder: str, now: datetime) -> None:
        """Marks them done. Raises LeaseLost if `holder` holds one of them no longer."""
        finished = self._session.execute(_FINISH, {"event_ids": event_ids, "holder": holder, "now": now})
        if finished.rowcount != len(event_ids):
            raise LeaseLost

    def get(self, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        rows = self._session.execute(select(events).where(events.c.id.in_([*event_ids])))
        return {EventId(row.id): _event(row) for row in rows}

    def page(self, site_id: SiteId, after: int, limit: int) -> Sequence[Event]:
        """Up to `limit` of the site's events whose sequence numbers follow `after`, in order. Whoever has seen a number misses
        none below it: a site's commits follow its sequence numbers."""
        wanted = select(events).where(events.c.site_id == site_id, events.c.sequence > after)
        return [_event(row) for row in self._session.execute(wanted.order_by(events.c.sequence).limit(limit))]

    def last_sequence(self, site_id: SiteId) -> int:
        """The number of the site's newest event, whether that is still kept or not; 0 before the first."""
        sequence: int = self._session.execute(
            select(site_counters.c.sequence).where(site_counters.c.site_id == site_id)
        ).scalar_one()
        return sequence

    def waiting(self, now: datetime) -> dict[Lane, tuple[int, float]]:
        """For each lane, how many events wait and the oldest one's age in seconds."""
        statement = (
            select(events.c.lane, func.count(), func.min(events.c.created_at))
            .where(events.c.done_at.is_(None))
            .group_by(events.c.lane)
        )
        found = {Lane(lane): (count, (now - oldest).total_seconds()) for lane, count, oldest in self._session.execute(statement)}
        return {lane: found.get(lane, (0, 0.0)) for lane in Lane}

    def unclaimed(self, now: datetime, seconds: float) -> dict[Lane, datetime]:
        """The lanes in which events wait that nobody is at, where leases last so many seconds, each with when its oldest came."""
        return {Lane(lane): oldest for lane, oldest in self._session.execute(_UNCLAIMED, moments(now, seconds))}


def _pending(row: Row[Any]) -> PendingEvent:
    return PendingEvent(_event(row), tuple(Listing(ListingKind(kind), key, label) for kind, key, label in row.listings))


def _event(row: Row[Any]) -> Event:
    return Event(
        id=EventId(row.id),
        site_id=SiteId(row.site_id),
        sequence=row.sequence,
        type=EventType(row.type),
        article_id=ArticleId(row.article_id),
        revision=row.revision,
        breaking=row.breaking,
        created_at=row.created_at,
        request_id=row.request_id,
    )
