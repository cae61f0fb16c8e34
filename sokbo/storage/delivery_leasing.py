"""The statements that lease deliveries: what is due to partners who take pushes, and one probe to each who may again.

What is due to the others is parked or put off, out of the index of what is due, so that it costs those who look for work nothing.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from sokbo.domain.delivery import IN_FLIGHT_PER_HOST, OPEN_STATES, PING
from sokbo.domain.partner import PartnerState
from sokbo.domain.subscription import ID_PREFIX as SUBSCRIBER_ID_PREFIX
from sokbo.storage.delivery_tables import deliveries, partners
from sokbo.storage.lease_conditions import NOW, UNTIL, is_free
from sokbo.storage.topics import IS_BEHIND_ANOTHER

#: To whom something is leased: ids after the first and before the second.
PartnerIdRange = tuple[str, str]
_END = "zzz"
PARTNERS: PartnerIdRange = ("", SUBSCRIBER_ID_PREFIX)
SUBSCRIBERS_ALONE: PartnerIdRange = (SUBSCRIBER_ID_PREFIX, _END)
ALL_PARTNERS: PartnerIdRange = ("", _END)
#: The first half of the keys of PostgreSQL's advisory locks by which one worker at a time leases for a host.
_HOST_LOCKS = 0x50B


def _is_open(table: FromClause) -> ColumnElement[bool]:
    """Said in words, not by parameters, with which SQLite doesn't see that an index of what is open will do."""
    return table.c.state.in_([literal_column(f"'{state}'") for state in OPEN_STATES])


IS_OPEN = _is_open(deliveries)
IS_PARKED = and_(IS_OPEN, deliveries.c.next_attempt_at.is_(None))
_DUE = and_(IS_OPEN, is_free(deliveries), deliveries.c.next_attempt_at <= NOW)
#: Put off by a clock that was ahead and has been put right since; without it, such deliveries would wait for hours.
MISDATED = and_(IS_OPEN, deliveries.c.put_off_at > NOW, deliveries.c.next_attempt_at.is_not(None))
_IS_OPEN_TO_PUSHES = and_(partners.c.state == PartnerState.ACTIVE, partners.c.breaker_since.is_(None))
#: By its own Retry-After; not by one noted by a clock that was ahead.
_ASKS_FOR_PATIENCE = and_(partners.c.breaker_retry_after_until > NOW, partners.c.breaker_asked_at <= NOW)
TAKES_PUSHES = and_(
    _IS_OPEN_TO_PUSHES,
    or_(
        partners.c.breaker_retry_after_until.is_(None),
        partners.c.breaker_retry_after_until <= NOW,
        partners.c.breaker_asked_at > NOW,
    ),
)
_MAY_BE_PROBED = and_(
    partners.c.state == PartnerState.ACTIVE,
    partners.c.breaker_since.is_not(None),
    or_(partners.c.breaker_next_probe_at <= NOW, partners.c.breaker_put_off_at > NOW),
)
_IS_PING = deliveries.c.type == PING
_IS_PRESENT = partners.c.state != PartnerState.DELETED
_HOLDER: BindParameter[Any] = bindparam("holder", type_=deliveries.c.lease_holder.type)
_HELD = {"lease_holder": _HOLDER, "lease_until": UNTIL}
_LANE = deliveries.c.lane == bindparam("lane_wanted")
_MOST = 2**31 - 1

_other = deliveries.alias("other")
#: An earlier one of the same article is still to be made to the same partner, or a later one is just being made, with what the
#: article was when that was begun.
_OTHER_GOES_FIRST = or_(
    exists().where(
        _other.c.partner_id == deliveries.c.partner_id,
        _other.c.article_id == deliveries.c.article_id,
        _is_open(_other),
        or_(_other.c.sequence < deliveries.c.sequence, and_(_other.c.sequence > deliveries.c.sequence, not_(is_free(_other)))),
    ),
    IS_BEHIND_ANOTHER,
)
_PING_IS_DUE = exists().where(deliveries.c.partner_id == partners.c.id, _LANE, _DUE, _IS_PING)
_leased = deliveries.alias("leased")
_addressed = partners.alias("addressed")
#: How many deliveries to each host are under way, of any lane and to whomever: found once in a statement, from the few that are.
_BUSY = (
    select(
        select(_addressed.c.host).where(_addressed.c.id == _leased.c.partner_id).scalar_subquery().label("host"),
        func.count().label("under_way"),
    )
    .where(_leased.c.lease_until.is_not(None), not_(is_free(_leased)))
    .group_by(literal_column("1"))
    .cte("busy")
    .prefix_with("MATERIALIZED")
)
_IS_FULL = partners.c.host.in_(select(_BUSY.c.host).where(_BUSY.c.under_way >= IN_FLIGHT_PER_HOST))
_UNDER_WAY = func.coalesce(_BUSY.c.under_way, 0).label("under_way")
_WITH_BUSY = partners.outerjoin(_BUSY, _BUSY.c.host == partners.c.host)
#: True unless another worker is just leasing for the host: neither would count what the other takes.
_HOST_IS_OURS = func.pg_try_advisory_xact_lock(literal_column(str(_HOST_LOCKS)), func.hashtext(partners.c.host))


def _following(partner_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    """The next partner, by id, to whom something is due in the lane that needn't wait for another: who has nothing else would
    take the place of one who has, turn after turn."""
    until = bindparam("before", type_=partners.c.id.type)
    found = select(deliveries.c.partner_id).where(
        _LANE, _DUE, deliveries.c.partner_id > partner_id, deliveries.c.partner_id < until, not_(_OTHER_GOES_FIRST)
    )
    return found.order_by(deliveries.c.partner_id).limit(1).scalar_subquery()


@cache
def partners_due(dialect: str) -> Select[Any]:
    """Up to `room` partners with something due in the lane whose hosts have room for more, from the one after `after` on, and
    before `before`.

    It takes a step of the index from partner to partner, so that it costs the same however much waits for each, but for what
    waits for another. PostgreSQL locks them and their hosts, and passes over those that another worker is just leasing for.
    """
    walk = select(_following(bindparam("after", type_=partners.c.id.type)).label("partner_id")).cte("walk", recursive=True)
    walk = walk.union_all(select(_following(walk.c.partner_id)).where(walk.c.partner_id.is_not(None)))
    has_room = and_(partners.c.id == walk.c.partner_id, or_(TAKES_PUSHES, _PING_IS_DUE), _IS_PRESENT, not_(_IS_FULL))
    if dialect == "postgresql":
        found = select(partners.c.id).join_from(walk, partners, and_(has_room, _HOST_IS_OURS)).limit(bindparam("room"))
        return found.with_for_update(of=partners, skip_locked=True, key_share=True)
    return select(walk.c.partner_id).where(exists().where(has_room)).limit(bindparam("room"))  # lazy: of one table, no join


def _may_go(takes_pushes: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(_LANE, _DUE, or_(takes_pushes, _IS_PING), not_(_OTHER_GOES_FIRST))


def _heads(*more: ColumnElement[Any]) -> CTE:
    """The partners whose turn it is, once PostgreSQL has seen what others took before they were locked."""
    known = (partners.c.id, partners.c.host, TAKES_PUSHES.label("takes_pushes"), _UNDER_WAY, *more)
    return select(*known).select_from(_WITH_BUSY).where(_CHOSEN_PARTNERS, _IS_PRESENT).cte("heads").prefix_with("MATERIALIZED")


def _first_of_each() -> tuple[CTE, FromClause, FromClause]:
    """Heads, with them no more of what waits for each than may be under way at once, and that by itself: for PostgreSQL."""
    heads = _heads()
    of_partner = select(deliveries).where(deliveries.c.partner_id == heads.c.id, _may_go(heads.c.takes_pushes))
    first = of_partner.order_by(deliveries.c.sequence).limit(IN_FLIGHT_PER_HOST).lateral("first")
    return heads, heads.join(first, true()), first


def _up_to_last_of_each() -> tuple[CTE, FromClause, FromClause]:
    """The same for SQLite, which has no LATERAL. It is an outer join, so that SQLite goes from the partners to their
    deliveries, and not the other way round."""
    of_partner = select(deliveries.c.sequence).where(deliveries.c.partner_id == partners.c.id, _may_go(TAKES_PUSHES))
    in_order = of_partner.correlate(partners).order_by(deliveries.c.sequence)
    heads = _heads(in_order.offset(IN_FLIGHT_PER_HOST - 1).limit(1).scalar_subquery().label("last"))
    one_of_them = and_(_may_go(heads.c.takes_pushes), deliveries.c.sequence <= func.coalesce(heads.c.last, _MOST))
    return heads, heads.outerjoin(deliveries, and_(deliveries.c.partner_id == heads.c.id, one_of_them)), deliveries


@cache
def lease_statement(dialect: str) -> ReturningUpdate[Any]:
    """Leases up to `room` due deliveries of a lane to these partners."""
    heads, joined, first = _first_of_each() if dialect == "postgresql" else _up_to_last_of_each()
    turn = func.row_number().over(partition_by=heads.c.id, order_by=first.c.sequence).label("turn")
    known = (first.c.id, first.c.next_attempt_at, first.c.sequence, heads.c.host, heads.c.under_way, turn)
    waiting = select(*known).select_from(joined).subquery()
    # The outer join's rows of nothing come last: were they left out here, it would be none.
    in_order = (waiting.c.id.is_(None), waiting.c.turn, waiting.c.sequence)
    of_host = func.row_number().over(partition_by=waiting.c.host, order_by=in_order)
    placed = select(waiting, (of_host + waiting.c.under_way).label("place")).subquery()
    chosen = (
        select(placed.c.id)
        .where(placed.c.id.is_not(None), placed.c.place <= IN_FLIGHT_PER_HOST)
        .order_by(placed.c.place, placed.c.next_attempt_at, placed.c.sequence)  # each host's first before anyone's second
        .limit(bindparam("room"))
    )
    # Due still, when PostgreSQL has them. The lane, which never changes, would make SQLite look through all of it.
    own = and_(deliveries.c.id.in_(chosen.scalar_subquery()), _DUE)
    if dialect == "postgresql":
        # What another transaction is at is left to a later turn: whoever plans what takes its place waits for what this
        # transaction has written, and each would wait for the other.
        free = select(deliveries.c.id).where(own).with_for_update(skip_locked=True).cte("free").prefix_with("MATERIALIZED")
        own = deliveries.c.id.in_(select(free.c.id))
    return update(deliveries).where(own).values(_HELD).returning(*deliveries.c)


_CHOSEN_PARTNERS: ColumnElement[bool] = partners.c.id.in_(bindparam("partner_ids", expanding=True))
_WAITS = and_(deliveries.c.partner_id == partners.c.id, _LANE, IS_OPEN, is_free(deliveries), not_(_IS_PING))
_IS_NOT_PARKED = deliveries.c.next_attempt_at.is_not(None)


def _first_for_probe(among: ColumnElement[bool]) -> ScalarSelect[Any]:
    """What a partner may be probed with, of what waits in the lane, whether its own time has come or not: what has been tried
    least, so that one that it refuses for what it says isn't all that is ever tried."""
    found = select(deliveries.c.id).where(_WAITS, among, not_(_OTHER_GOES_FIRST)).correlate(partners)
    return found.order_by(deliveries.c.attempts, deliveries.c.sequence).limit(1).scalar_subquery()


#: Each has an index of its own.
_PROBE = func.coalesce(_first_for_probe(deliveries.c.next_attempt_at.is_(None)), _first_for_probe(_IS_NOT_PARKED))


@cache
def to_probe(dialect: str) -> Select[Any]:
    """Partners whose breaker is open and who may be probed now, each with its host and how much is under way there; without
    those that another worker is just about to probe."""
    known = select(partners.c.id, partners.c.host, _UNDER_WAY).select_from(_WITH_BUSY)
    found = known.where(_MAY_BE_PROBED, _PROBE.is_not(None))
    if dialect == "postgresql":
        found = found.where(_HOST_IS_OURS)
    in_turn = found.order_by(partners.c.breaker_next_probe_at).limit(bindparam("room"))
    return in_turn.with_for_update(of=partners, skip_locked=True, key_share=True)


PUT_OFF_PROBES = (
    update(partners)
    .where(_CHOSEN_PARTNERS)
    .values(breaker_next_probe_at=bindparam("next_probe_at", type_=partners.c.breaker_next_probe_at.type), breaker_put_off_at=NOW)
)
LEASE_PROBES = (
    update(deliveries).where(deliveries.c.id.in_(select(_PROBE).where(_CHOSEN_PARTNERS))).values(_HELD).returning(*deliveries.c)
)
_IS_PARKABLE = and_(_LANE, _DUE, not_(_IS_PING))
#: Partners who take no pushes and have something due in a lane.
TO_PARK = (
    select(partners.c.id)
    .where(
        not_(TAKES_PUSHES),
        exists().where(deliveries.c.partner_id == partners.c.id, _IS_PARKABLE),
    )
    .order_by(partners.c.id)
)
#: Due when the partner's own Retry-After ends, or, where the partner takes no pushes for another reason, when that does.
_PARKED_UNTIL = (
    select(partners.c.breaker_retry_after_until)
    .where(partners.c.id == deliveries.c.partner_id, _IS_OPEN_TO_PUSHES, _ASKS_FOR_PATIENCE)
    .scalar_subquery()
)
PARK = (
    update(deliveries)
    .where(deliveries.c.partner_id.in_(bindparam("partner_ids", expanding=True)), _IS_PARKABLE)
    .values(next_attempt_at=_PARKED_UNTIL, put_off_at=NOW)
)
#: True if something can be leased in a lane.
IS_UNCLAIMED = select(
    or_(
        exists().where(_LANE, _DUE, exists().where(partners.c.id == deliveries.c.partner_id, or_(TAKES_PUSHES, _IS_PING))),
        exists().where(
            _MAY_BE_PROBED,
            or_(exists().where(_WAITS, IS_PARKED), exists().where(_WAITS, _IS_NOT_PARKED)),
        ),
    )
)
