"""The statements that lease deliveries: what is due to partners who take pushes, and one probe to each who may again.

What is due to the others is parked, out of the index of what is due, so that it costs those who look for work nothing.
"""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from sokbo.domain.delivery import OPEN_STATES, PING
from sokbo.domain.partner import PartnerState
from sokbo.storage.leases import NOW, UNTIL, is_free
from sokbo.storage.tables import deliveries, partners

#: Most deliveries to one partner that are under way at once.
IN_FLIGHT_PER_PARTNER = 8


def _is_open(table: FromClause) -> ColumnElement[bool]:
    """Said in words, not by parameters, with which SQLite doesn't see that an index of what is open will do."""
    return table.c.state.in_([literal_column(f"'{state}'") for state in OPEN_STATES])


IS_OPEN = _is_open(deliveries)
IS_PARKED = and_(IS_OPEN, deliveries.c.next_attempt_at.is_(None))
_DUE = and_(IS_OPEN, is_free(deliveries), deliveries.c.next_attempt_at <= NOW)
#: Put off by a clock that was ahead and has been put right since; without it, such deliveries would wait for hours.
MISDATED = and_(IS_OPEN, deliveries.c.put_off_at > NOW, deliveries.c.next_attempt_at.is_not(None))
TAKES_PUSHES = and_(partners.c.state == PartnerState.ACTIVE, partners.c.breaker_since.is_(None))
_MAY_BE_PROBED = and_(
    partners.c.state == PartnerState.ACTIVE,
    partners.c.breaker_since.is_not(None),
    or_(partners.c.breaker_next_probe_at <= NOW, partners.c.breaker_put_off_at > NOW),
)
_IS_PING = deliveries.c.type == PING
_HOLDER: BindParameter[Any] = bindparam("holder", type_=deliveries.c.lease_holder.type)
_HELD = {"lease_holder": _HOLDER, "lease_until": UNTIL}
_LANE = deliveries.c.lane == bindparam("lane_wanted")

_earlier = deliveries.alias("earlier")
_EARLIER_IS_OPEN = exists().where(
    _earlier.c.partner_id == deliveries.c.partner_id,
    _earlier.c.article_id == deliveries.c.article_id,
    _earlier.c.sequence < deliveries.c.sequence,
    _is_open(_earlier),
)


def _lease_statement() -> ReturningUpdate[Any]:
    busy = (
        select(deliveries.c.partner_id, func.count().label("leased"))
        .where(deliveries.c.lease_until.is_not(None), not_(is_free(deliveries)))
        .group_by(deliveries.c.partner_id)
        .subquery()
    )
    turn = func.row_number().over(partition_by=deliveries.c.partner_id, order_by=deliveries.c.sequence)
    waiting = (
        select(
            deliveries.c.id,
            deliveries.c.next_attempt_at,
            deliveries.c.sequence,
            (turn + func.coalesce(busy.c.leased, 0)).label("turn"),
        )
        .join(partners, partners.c.id == deliveries.c.partner_id)
        .outerjoin(busy, busy.c.partner_id == deliveries.c.partner_id)
        .where(_LANE, _DUE, or_(TAKES_PUSHES, _IS_PING), not_(_EARLIER_IS_OPEN))
        .subquery()
    )
    chosen = (
        select(waiting.c.id)
        .where(waiting.c.turn <= IN_FLIGHT_PER_PARTNER)
        .order_by(waiting.c.turn, waiting.c.next_attempt_at, waiting.c.sequence)  # each partner's first before anyone's second
        .limit(bindparam("room"))
    )
    held = update(deliveries).where(deliveries.c.id.in_(chosen.scalar_subquery()), _LANE, _DUE)
    return held.values(_HELD).returning(*deliveries.c)


def _for_probe() -> Select[Any]:
    """What a partner may be probed with: anything that waits, whether its own time has come or not."""
    return select(deliveries.c.id).where(
        deliveries.c.partner_id == partners.c.id,
        deliveries.c.lane.in_(bindparam("lanes", expanding=True)),
        IS_OPEN,
        is_free(deliveries),
        not_(_IS_PING),
        not_(_EARLIER_IS_OPEN),
    )


_PROBED_IDS: ColumnElement[bool] = partners.c.id.in_(bindparam("partner_ids", expanding=True))
_FIRST_FOR_PROBE = _for_probe().order_by(deliveries.c.sequence).limit(1).correlate(partners).scalar_subquery()

#: Up to `room` due deliveries of a lane.
LEASE = _lease_statement()
#: Partners whose breaker is open and who may be probed now, without those that another worker is just about to probe.
TO_PROBE = (
    select(partners.c.id)
    .where(_MAY_BE_PROBED, _for_probe().correlate(partners).exists())
    .order_by(partners.c.breaker_next_probe_at)
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True, key_share=True)
)
PUT_OFF_PROBES = (
    update(partners)
    .where(_PROBED_IDS)
    .values(breaker_next_probe_at=bindparam("next_probe_at", type_=partners.c.breaker_next_probe_at.type), breaker_put_off_at=NOW)
)
LEASE_PROBES = (
    update(deliveries)
    .where(deliveries.c.id.in_(select(_FIRST_FOR_PROBE).where(_PROBED_IDS)))
    .values(_HELD)
    .returning(*deliveries.c)
)
_TO_PARK = and_(_LANE, _DUE, not_(_IS_PING))
#: Partners who take no pushes and have something due in a lane, locked so that none of them comes back meanwhile.
TO_PARK = (
    select(partners.c.id)
    .where(
        not_(TAKES_PUSHES),
        exists().where(deliveries.c.partner_id == partners.c.id, _TO_PARK),
    )
    .order_by(partners.c.id)
)
PARK = (
    update(deliveries)
    .where(deliveries.c.partner_id.in_(bindparam("partner_ids", expanding=True)), _TO_PARK)
    .values(next_attempt_at=None)
)
#: True if something can be leased in a lane.
IS_UNCLAIMED = select(
    or_(
        exists().where(_LANE, _DUE, exists().where(partners.c.id == deliveries.c.partner_id, or_(TAKES_PUSHES, _IS_PING))),
        exists().where(
            _MAY_BE_PROBED,
            exists().where(partners.c.id == deliveries.c.partner_id, _LANE, IS_OPEN, is_free(deliveries), not_(_IS_PING)),
        ),
    )
)
