"""Deliveries as the workers handle them: planned with the documents, leased, parked."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from sokbo.domain.delivery import (
    GIVE_UP_AFTER,
    IN_FLIGHT_PER_HOST,
    Delivery,
)
from sokbo.domain.event import Event, EventType, Lane
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import DeliveryId, PartnerId
from sokbo.storage.delivery_leasing import (
    ALL_PARTNERS,
    IS_OPEN,
    IS_PARKED,
    IS_UNCLAIMED,
    LEASE_PROBES,
    MISDATED,
    PARK,
    PUT_OFF_PROBES,
    TAKES_PUSHES,
    TO_PARK,
    PartnerIdRange,
    lease_statement,
    partners_due,
    to_probe,
)
from sokbo.storage.delivery_records import delivery_from
from sokbo.storage.delivery_tables import deliveries, partners
from sokbo.storage.lease_conditions import NOW, moments
from sokbo.storage.planning import TAKE_BACK, plan_statement, supersede
from sokbo.storage.session import Session

#: RETURNING gives rows in any order.
_ORDER = attrgetter("next_attempt_at", "sequence")


class DeliveryRepository:
    def __init__(self, session: Session):
        self._session = session

    def plan(self, event: Event, terms: Sequence[Listing], now: datetime) -> int:
        """Plans one delivery for each active partner whose filter the event passes, and a withdrawal for disabled ones, too, who
        may know of the article, with one INSERT ... SELECT; how many.

        Planning an event again plans nothing twice. What waits and is replaced by it is superseded, and so is what is planned
        after something that replaces it. Of a withdrawn article, all that waits is.
        """
        planned = self._session.execute(
            plan_statement(self._session.dialect),
            {
                "site_id": event.site_id,
                "event_id": event.id,
                "article_id": event.article_id,
                "type": event.type,
                "revision": event.revision,
                "sequence": event.sequence,
                "lane": event.lane,
                "created_at": event.created_at,
                "give_up_at": now + GIVE_UP_AFTER,
                "now": now,
                "breaking": event.breaking,
                "event_values": [event.type],
                "category_values": [term.key for term in terms if term.kind is ListingKind.CATEGORY],
                "tag_values": [term.key for term in terms if term.kind is ListingKind.TAG],
            },
            execution_options={"preserve_rowcount": True},
        )
        if event.type is EventType.ARTICLE_WITHDRAWN:
            self._session.execute(TAKE_BACK, {"of_article": event.article_id, "before": event.sequence})
        elif planned.rowcount and (event.revision > 1 or event.type is EventType.BREAKING_ENDED):
            self._session.execute(supersede(deliveries.c.article_id == event.article_id))
        return planned.rowcount

    def lease(
        self,
        lane: Lane,
        holder: str,
        now: datetime,
        seconds: float,
        limit: int,
        after: PartnerId | None = None,
        *,
        among: PartnerIdRange = ALL_PARTNERS,
    ) -> Sequence[Delivery]:
        """Up to `limit` due deliveries of the lane, now held by `holder`: each partner's first before anyone's second, per
        host no more than may be under way at once, none while an earlier one of the same article is still to be made to
        the same partner, and none to partners who take no pushes, but for pings.

        Where more than `limit` of those `among` whom it looks wait, those come first whose ids follow `after`.
        """
        given = {"lane_wanted": lane, "room": limit, **moments(now, seconds)}
        found = self._session.execute(
            partners_due(self._session.dialect), {**given, "after": after or among[0], "before": among[1]}
        )
        partner_ids = found.scalars().all()
        if not partner_ids:
            return []
        leased = self._session.execute(
            lease_statement(self._session.dialect), {**given, "holder": holder, "partner_ids": partner_ids}
        )
        return [delivery_from(row) for row in sorted(leased, key=_ORDER)]

    def lease_probes(
        self, lane: Lane, holder: str, now: datetime, seconds: float, probe_seconds: float, limit: int
    ) -> Sequence[Delivery]:
        """One delivery of the lane to each partner whose open breaker lets a probe through now; the next one is `probe_seconds`
        away."""
        given = {"lane_wanted": lane, **moments(now, seconds)}
        found = self._session.execute(to_probe(self._session.dialect), {**given, "room": limit})
        taken: Counter[str] = Counter()
        probed = []
        for partner_id, host, under_way in found:
            if under_way + taken[host] < IN_FLIGHT_PER_HOST:
                taken[host] += 1
                probed.append(partner_id)
        if not probed:
            return []
        next_probe_at = now + timedelta(seconds=probe_seconds)
        self._session.execute(PUT_OFF_PROBES, {"partner_ids": probed, "next_probe_at": next_probe_at, "now": now})
        leased = self._session.execute(LEASE_PROBES, {**given, "partner_ids": probed, "holder": holder})
        return [delivery_from(row) for row in leased]

    def to_park(self, lane: Lane, now: datetime, seconds: float) -> Sequence[PartnerId]:
        """Partners who take no pushes and have something due in the lane."""
        return self._session.execute(TO_PARK, {"lane_wanted": lane, **moments(now, seconds)}).scalars().all()

    def park(self, lane: Lane, now: datetime, seconds: float) -> None:
        """Takes what is due to such partners from what workers look through, until `unpark`, `cancel_retry_after` or `make_due`,
        or until the end of the time for which they have asked."""
        given = {"lane_wanted": lane, **moments(now, seconds)}
        # Locked, so that none of them takes pushes again before this is written, which `unpark` would then not find.
        locked = self._session.execute(_LOCK_TO_PARK, given).scalars().all()
        if locked:
            self._session.execute(PARK, {**given, "partner_ids": locked})

    def unpark(self, partner_ids: Sequence[PartnerId], now: datetime) -> None:
        """Makes due what was parked; call with the partners locked."""
        self._date(and_(deliveries.c.partner_id.in_(partner_ids), IS_PARKED), now, give_up_at=now + GIVE_UP_AFTER)

    def make_due(self, partner_id: PartnerId, now: datetime) -> None:
        """Makes due all that waits, whether parked or for its time; call with the partner locked."""
        later = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at > now)
        self._date(and_(deliveries.c.partner_id == partner_id, IS_OPEN, later), now, give_up_at=now + GIVE_UP_AFTER)

    def supersede_for_partner(self, partner_id: PartnerId) -> None:
        """Supersedes all that waits for a partner that has been deleted; what is under way is, once it has failed."""
        self._session.execute(supersede(deliveries.c.partner_id == partner_id))

    def restart_expiry(self, now: datetime) -> None:
        """Has the seven days of all that waits begin now."""
        self._session.execute(update(deliveries).where(IS_OPEN).values(give_up_at=now + GIVE_UP_AFTER))

    def cancel_retry_after(self, partner_id: PartnerId, until: datetime, now: datetime) -> None:
        """Makes due what was put off until the time that the partner had asked for; call with the partner locked."""
        self._date(and_(deliveries.c.partner_id == partner_id, IS_OPEN, deliveries.c.next_attempt_at == until), now)

    def renew(self, delivery_ids: Sequence[DeliveryId], holder: str, now: datetime, seconds: float) -> set[DeliveryId]:
        """Keeps these in `holder`'s hands, but for those that it has lost; which it has kept."""
        if not delivery_ids:
            return set()
        held = and_(deliveries.c.id.in_(delivery_ids), deliveries.c.lease_holder == holder)
        renewed = update(deliveries).where(held).values(lease_until=now + timedelta(seconds=seconds))
        return {DeliveryId(kept) for kept in self._session.execute(renewed.returning(deliveries.c.id)).scalars()}

    def unclaimed(self, lane: Lane, now: datetime, seconds: float) -> bool:
        """True if deliveries of the lane can be leased, where leases last so many seconds."""
        given = {"lane_wanted": lane, **moments(now, seconds)}
        return bool(self._session.execute(IS_UNCLAIMED, given).scalar_one())

    def are_misdated(self, now: datetime) -> bool:
        """True if a clock that was ahead has put deliveries off."""
        return self._session.execute(_ONE_MISDATED, {"now": now}).first() is not None

    def make_misdated_due(self, now: datetime) -> None:
        """Makes due what such a clock has put off."""
        self._session.execute(_REDATE, {"now": now})

    def waiting(self, now: datetime) -> dict[Lane, tuple[int, float]]:
        """For each lane, how many deliveries are due to partners who take pushes, and for how many seconds the oldest."""
        rows = self._session.execute(_WAITING, {"now": now})
        found = {Lane(lane): (count, (now - oldest).total_seconds()) for lane, count, oldest in rows}
        return {lane: found.get(lane, (0, 0.0)) for lane in Lane}

    def _date(self, which: ColumnElement[bool], now: datetime, **more: datetime) -> None:
        self._session.execute(update(deliveries).where(which).values(next_attempt_at=now, put_off_at=now, **more))


_WAITING = (
    select(deliveries.c.lane, func.count(), func.min(deliveries.c.next_attempt_at))
    .join(partners, partners.c.id == deliveries.c.partner_id)
    .where(deliveries.c.lane.in_(list(Lane)), IS_OPEN, deliveries.c.next_attempt_at <= NOW, TAKES_PUSHES)
    .group_by(deliveries.c.lane)
)
_ONE_MISDATED = select(deliveries.c.id).where(MISDATED).limit(1)
_REDATE = update(deliveries).where(MISDATED).values(next_attempt_at=NOW, put_off_at=NOW)
_LOCK_TO_PARK = TO_PARK.with_for_update(read=True, skip_locked=True)
