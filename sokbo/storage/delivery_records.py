"""Deliveries as people look at them: listed with their attempts, counted, and sent again when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, literal_column, not_, or_, select, union_all, update

from sokbo.domain.delivery import GIVE_UP_AFTER, PING, REPLAYABLE_FOR, TOPIC_CHANGED, Attempt, Delivery, DeliveryState, Verdict
from sokbo.domain.event import Lane
from sokbo.domain.ids import ArticleId, DeliveryId, PartnerId, SiteId
from sokbo.storage.delivery_tables import attempts, deliveries
from sokbo.storage.planning import OUTDATED, supersede
from sokbo.storage.session import Session


@dataclass(frozen=True, slots=True)
class Replay:
    """Which of a partner's deliveries to send again: those with these ids, those of a time, or those in a state."""

    ids: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    state: DeliveryState | None = None


_IS_LETTER = deliveries.c.type.not_in([PING, TOPIC_CHANGED])


class DeliveryRecordRepository:
    def __init__(self, session: Session):
        self._session = session

    def get(self, site_id: SiteId, delivery_id: str) -> Delivery | None:
        """The delivery, if it is this site's."""
        wanted = select(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.site_id == site_id)
        row = self._session.execute(wanted).first()
        return None if row is None else delivery_from(row)

    def page(self, site_id: SiteId, state: DeliveryState | None, partner_id: str, after: str, limit: int) -> Sequence[Delivery]:
        """Up to `limit` of the site's deliveries whose ids follow `after`, in order; of one state and partner, if given. Of
        those that are dead, it gives the dead letters: pings are none, nor is what a subscriber of the hub didn't take."""
        of_site = deliveries.c.site_id == site_id
        of_partner = and_(of_site, deliveries.c.partner_id == partner_id) if partner_id else of_site
        if state is DeliveryState.DEAD:
            of_partner = and_(of_partner, _IS_LETTER)
        # The indexes have the ids in their order within each state.
        of_states = [
            select(deliveries.c.id)
            .where(of_partner, deliveries.c.state == literal_column(f"'{each}'"), deliveries.c.id > after)
            .order_by(deliveries.c.id)
            .limit(limit)
            .subquery()
            for each in ([state] if state else DeliveryState)
        ]
        found = union_all(*(select(each.c.id) for each in of_states)).subquery()
        wanted = select(deliveries).join(found, found.c.id == deliveries.c.id).order_by(deliveries.c.id).limit(limit)
        return [delivery_from(row) for row in self._session.execute(wanted)]

    def of_article(self, article_id: ArticleId, after: str, limit: int) -> Sequence[Delivery]:
        """Up to `limit` of the article's deliveries whose ids follow `after`, in the order of the ids."""
        wanted = select(deliveries).where(deliveries.c.article_id == article_id, deliveries.c.id > after)
        return [delivery_from(row) for row in self._session.execute(wanted.order_by(deliveries.c.id).limit(limit))]

    def attempts(self, delivery_id: DeliveryId) -> Sequence[Attempt]:
        """All that were made, in order."""
        wanted = select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
        return [
            Attempt(row.number, row.ended_at, row.duration_seconds, Verdict(row.verdict), row.status, row.detail)
            for row in self._session.execute(wanted)
        ]

    def dead(self) -> int:
        """How many dead letters there are, as `page` gives them."""
        statement = select(func.count()).select_from(deliveries)
        is_dead = and_(deliveries.c.state == literal_column(f"'{DeliveryState.DEAD}'"), _IS_LETTER)
        return int(self._session.execute(statement.where(is_dead)).scalar_one())

    def known(self, partner_id: PartnerId, ids: Sequence[str], now: datetime) -> set[str]:
        """Those of the ids that `replay` would find."""
        selected = and_(deliveries.c.partner_id == partner_id, *_conditions(Replay(ids=tuple(ids)), now))
        return set(self._session.execute(select(deliveries.c.id).where(selected)).scalars())

    def replay(self, partner_id: PartnerId, wanted: Replay, now: datetime) -> tuple[int, int]:
        """Makes those of the last 30 days, and all dead letters, due at once, under their ids, with all attempts before them. How
        many, and how many were left out because the partner has been told, or will be, of something newer.

        An attempt that is under way meanwhile is recorded; if it fails, that changes nothing of where its delivery is left.
        """
        selected = and_(deliveries.c.partner_id == partner_id, *_conditions(wanted, now))
        found = self._session.execute(select(func.count()).select_from(deliveries).where(selected)).scalar_one()
        self._session.execute(supersede(selected))
        again = update(deliveries).where(selected, not_(OUTDATED))
        replayed = self._session.execute(
            again.values(
                state=DeliveryState.PLANNED,
                retries=0,
                next_attempt_at=now,
                put_off_at=now,
                give_up_at=now + GIVE_UP_AFTER,
            )
        ).rowcount
        return replayed, found - replayed

    def add_ping(self, ping_id: str, site_id: SiteId, partner_id: PartnerId, now: datetime) -> None:
        """Plans a test delivery, which is due at once."""
        values = {
            "id": ping_id,
            "site_id": site_id,
            "partner_id": partner_id,
            "type": PING,
            "revision": 0,
            "sequence": 0,
            "lane": Lane.DEFAULT,
            "state": DeliveryState.PLANNED,
            "attempts": 0,
            "retries": 0,
            "created_at": now,
            "give_up_at": now + GIVE_UP_AFTER,
            "next_attempt_at": now,
            "put_off_at": now,
        }
        self._session.execute(insert(deliveries).values(values))


def _conditions(wanted: Replay, now: datetime) -> list[ColumnElement[bool]]:
    is_dead = deliveries.c.state == DeliveryState.DEAD  # a partner may have been away for most of the time
    conditions = [or_(deliveries.c.created_at >= now - REPLAYABLE_FOR, is_dead), _IS_LETTER]
    if wanted.ids:
        conditions.append(deliveries.c.id.in_(wanted.ids))
    if wanted.since is not None:
        conditions.append(deliveries.c.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(deliveries.c.created_at < wanted.until)
    if wanted.state is not None:
        conditions.append(deliveries.c.state == wanted.state)
    return conditions


_FIELDS = tuple(field.name for field in fields(Delivery))


def delivery_from(row: Row[Any]) -> Delivery:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Delivery(**values | {"lane": Lane(row.lane), "state": DeliveryState(row.state)})
