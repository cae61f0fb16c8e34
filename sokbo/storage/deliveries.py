"""Deliveries: planned with the documents, leased by workers, recorded in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Insert,
    Row,
    String,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from sokbo.domain.delivery import OPEN_STATES, Delivery, DeliveryState, Outcome
from sokbo.domain.event import Event, Lane
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import ArticleId, DeliveryId, EventId, PartnerId, SiteId
from sokbo.domain.partner import PartnerState
from sokbo.storage.dialects import insert_or_ignore
from sokbo.storage.leases import NOW, UNTIL, is_free, moments
from sokbo.storage.tables import attempts, deliveries, partner_filters, partners

#: Most deliveries to one partner that are under way at once.
IN_FLIGHT_PER_PARTNER = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one attempt: the outcome, and where it leaves the delivery."""

    delivery: Delivery
    outcome: Outcome
    state: DeliveryState
    next_attempt_at: datetime | None


_OPEN = deliveries.c.state.in_(OPEN_STATES)
#: Its time has come, or it was put off in what is now the future: by a clock that has been put right since.
_DUE = and_(_OPEN, is_free(deliveries), or_(deliveries.c.next_attempt_at <= NOW, deliveries.c.put_off_at > NOW))


def _passes(kind: str) -> ColumnElement[bool]:
    """True for partners that name no value of this kind, or one of those given."""
    named = and_(partner_filters.c.partner_id == partners.c.id, partner_filters.c.kind == kind)
    values: BindParameter[str] = bindparam(f"{kind}_values", expanding=True)
    return or_(not_(exists().where(named)), exists().where(named, partner_filters.c.value.in_(values)))


def _given(name: str, column: str) -> BindParameter[Any]:
    return bindparam(name, type_=deliveries.c[column].type)


_PLANNED_COLUMNS = [
    "id",
    "site_id",
    "event_id",
    "partner_id",
    "article_id",
    "revision",
    "sequence",
    "lane",
    "state",
    "attempts",
    "created_at",
    "next_attempt_at",
    "put_off_at",
]
_PLANNED = select(
    _given("event_id", "event_id").concat("-").concat(partners.c.id),
    _given("site_id", "site_id"),
    _given("event_id", "event_id"),
    partners.c.id,
    _given("article_id", "article_id"),
    _given("revision", "revision"),
    _given("sequence", "sequence"),
    _given("lane", "lane"),
    literal(DeliveryState.PLANNED, String),
    literal(0),
    _given("created_at", "created_at"),
    _given("now", "next_attempt_at"),
    _given("now", "put_off_at"),
).where(
    partners.c.site_id == _given("site_id", "site_id"),
    partners.c.state == PartnerState.ACTIVE,
    or_(bindparam("breaking", type_=Boolean), not_(partners.c.breaking_only)),
    _passes("event"),
    _passes("category"),
    _passes("tag"),
)


def _lease_statement() -> ReturningUpdate[Any]:
    earlier = deliveries.alias("earlier")
    busy = (
        select(deliveries.c.partner_id, func.count().label("leased"))
        .where(_OPEN, not_(is_free(deliveries)))
        .group_by(deliveries.c.partner_id)
        .subquery()
    )
    due = and_(deliveries.c.lane == bindparam("lane_wanted"), _DUE)
    earlier_is_open = exists().where(
        earlier.c.partner_id == deliveries.c.partner_id,
        earlier.c.article_id == deliveries.c.article_id,
        earlier.c.sequence < deliveries.c.sequence,
        earlier.c.state.in_(OPEN_STATES),
    )
    turn = func.row_number().over(partition_by=deliveries.c.partner_id, order_by=deliveries.c.sequence)
    waiting = (
        select(deliveries.c.id, deliveries.c.next_attempt_at, (turn + func.coalesce(busy.c.leased, 0)).label("turn"))
        .join(partners, partners.c.id == deliveries.c.partner_id)
        .outerjoin(busy, busy.c.partner_id == deliveries.c.partner_id)
        .where(due, partners.c.state == PartnerState.ACTIVE, not_(earlier_is_open))
        .subquery()
    )
    chosen = (
        select(waiting.c.id)
        .where(waiting.c.turn <= IN_FLIGHT_PER_PARTNER)
        .order_by(waiting.c.next_attempt_at)
        .limit(bindparam("room"))
    )
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(chosen.scalar_subquery()), due)
        .values(lease_holder=_given("holder", "lease_holder"), lease_until=UNTIL)
        .returning(*deliveries.c)
    )


_LEASE = _lease_statement()
_UNCLAIMED = (
    select(deliveries.c.lane)
    .join(partners, partners.c.id == deliveries.c.partner_id)
    .where(_DUE, partners.c.state == PartnerState.ACTIVE)
    .distinct()
)


@cache
def _plan_statement(dialect: str) -> Insert:
    return insert_or_ignore(dialect, deliveries).from_select(_PLANNED_COLUMNS, _PLANNED)


class DeliveryRepository:
    def __init__(self, connection: Connection):
        self._connection = connection

    def plan(self, event: Event, terms: Sequence[Listing], now: datetime) -> int:
        """Plans one delivery for each active partner whose filter the event passes, with one INSERT ... SELECT; how many.

        Planning an event again plans nothing twice. What still waits to tell a partner of an older revision is superseded.
        """
        planned = self._connection.execute(
            _plan_statement(self._connection.dialect.name),
            {
                "site_id": event.site_id,
                "event_id": event.id,
                "article_id": event.article_id,
                "revision": event.revision,
                "sequence": event.sequence,
                "lane": event.lane,
                "created_at": event.created_at,
                "now": now,
                "breaking": event.breaking,
                "event_values": [event.type],
                "category_values": [term.key for term in terms if term.kind is ListingKind.CATEGORY],
                "tag_values": [term.key for term in terms if term.kind is ListingKind.TAG],
            },
            execution_options={"preserve_rowcount": True},
        )
        if planned.rowcount and event.revision > 1:
            self._supersede(event)
        return planned.rowcount

    def _supersede(self, event: Event) -> None:
        newer = select(deliveries.c.partner_id).where(deliveries.c.event_id == event.id)
        self._connection.execute(
            update(deliveries)
            .where(
                deliveries.c.article_id == event.article_id,
                deliveries.c.revision < event.revision,
                _OPEN,
                deliveries.c.lease_until.is_(None),
                deliveries.c.partner_id.in_(newer),
            )
            .values(state=DeliveryState.SUPERSEDED, next_attempt_at=None)
        )

    def lease(self, lane: Lane, holder: str, now: datetime, seconds: float, limit: int) -> Sequence[Delivery]:
        """Up to `limit` due deliveries of the lane, oldest first, now held by `holder`: per partner no more than may be under
        way at once, and none while an earlier one of the same article is still to be made to the same partner."""
        leased = self._connection.execute(
            _LEASE,
            {"lane_wanted": lane, "holder": holder, "room": limit, **moments(now, seconds)},
        )
        return [_delivery(row) for row in leased]

    def renew(self, delivery_ids: Sequence[DeliveryId], holder: str, now: datetime, seconds: float) -> None:
        """Keeps what is under way in `holder`'s hands."""
        if delivery_ids:
            held = and_(deliveries.c.id.in_(delivery_ids), deliveries.c.lease_holder == holder)
            self._connection.execute(update(deliveries).where(held).values(lease_until=now + timedelta(seconds=seconds)))

    def record(self, recorded: Sequence[Recorded], holder: str, now: datetime) -> None:
        """Writes attempts and where they leave their deliveries; a delivery that `holder` has lost keeps its state."""
        table = deliveries
        statement = (
            update(table)
            .where(table.c.id == bindparam("delivery_id"), table.c.lease_holder == holder)
            .values(
                state=bindparam("new_state"),
                attempts=table.c.attempts + 1,
                next_attempt_at=bindparam("next_at"),
                put_off_at=now,
                lease_holder=None,
                lease_until=None,
                acknowledged_at=bindparam("acknowledged"),
                last_status=bindparam("status"),
                last_detail=bindparam("detail"),
            )
        )
        self._connection.execute(
            statement,
            [
                {
                    "delivery_id": item.delivery.id,
                    "new_state": item.state,
                    "next_at": item.next_attempt_at,
                    "acknowledged": now if item.state is DeliveryState.ACKNOWLEDGED else None,
                    "status": item.outcome.status,
                    "detail": item.outcome.detail,
                }
                for item in recorded
            ],
        )
        self._connection.execute(insert(attempts), [_attempt(item, now) for item in recorded])

    def of_article(self, article_id: ArticleId) -> Sequence[Delivery]:
        statement = select(deliveries).where(deliveries.c.article_id == article_id).order_by(deliveries.c.id)
        return [_delivery(row) for row in self._connection.execute(statement)]

    def unclaimed(self, now: datetime, seconds: float) -> set[Lane]:
        """The lanes in which deliveries are due that nobody is at, where leases last so many seconds."""
        return {Lane(lane) for lane in self._connection.execute(_UNCLAIMED, moments(now, seconds)).scalars()}

    def waiting(self, now: datetime) -> dict[Lane, tuple[int, float]]:
        """For each lane, how many deliveries are due and for how many seconds the longest has been."""
        statement = (
            select(deliveries.c.lane, func.count(), func.min(deliveries.c.next_attempt_at))
            .where(deliveries.c.state.in_(OPEN_STATES), deliveries.c.next_attempt_at <= now)
            .group_by(deliveries.c.lane)
        )
        found = {
            Lane(lane): (count, (now - oldest).total_seconds()) for lane, count, oldest in self._connection.execute(statement)
        }
        return {lane: found.get(lane, (0, 0.0)) for lane in Lane}


def _attempt(item: Recorded, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": item.delivery.id,
        "number": item.delivery.attempts + 1,
        "ended_at": now,
        "duration_seconds": item.outcome.duration_seconds,
        "verdict": item.outcome.verdict,
        "status": item.outcome.status,
        "detail": item.outcome.detail,
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        site_id=SiteId(row.site_id),
        event_id=EventId(row.event_id),
        partner_id=PartnerId(row.partner_id),
        article_id=ArticleId(row.article_id),
        revision=row.revision,
        lane=Lane(row.lane),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        acknowledged_at=row.acknowledged_at,
        last_status=row.last_status,
        last_detail=row.last_detail,
    )
