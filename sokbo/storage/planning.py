"""The statements that plan deliveries: one for each partner whose filter an event passes, and none that is older than what
the partner has been told already."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    FromClause,
    Insert,
    String,
    Update,
    and_,
    bindparam,
    case,
    exists,
    literal,
    not_,
    or_,
    select,
    update,
)

from sokbo.domain.delivery import OPEN_STATES, DeliveryState
from sokbo.domain.event import EventType
from sokbo.domain.partner import PartnerState
from sokbo.storage.delivery_tables import deliveries, partner_filters, partners
from sokbo.storage.dialects import insert_or_ignore
from sokbo.storage.tables import events

_newer = deliveries.alias("newer")


def _passes(kind: str) -> ColumnElement[bool]:
    """True for partners that name no value of this kind, or one of those given."""
    named = and_(partner_filters.c.partner_id == partners.c.id, partner_filters.c.kind == kind)
    values: BindParameter[str] = bindparam(f"{kind}_values", expanding=True)
    return or_(not_(exists().where(named)), exists().where(named, partner_filters.c.value.in_(values)))


def _given(name: str, column: str) -> BindParameter[Any]:
    return bindparam(name, type_=deliveries.c[column].type)


def takes_the_place_of(newer: FromClause, revision: Any, sequence: Any, type_: Any) -> ColumnElement[bool]:
    """True if `newer` tells of the same article in such a way that an older delivery must not go out any more."""
    ends_it = and_(type_ == EventType.BREAKING_STARTED, newer.c.type == EventType.BREAKING_ENDED)
    return and_(newer.c.sequence > sequence, or_(newer.c.revision > revision, ends_it))


#: True for deliveries that are older than what was planned for the same partner, whatever became of that.
OUTDATED = exists().where(
    _newer.c.partner_id == deliveries.c.partner_id,
    _newer.c.article_id == deliveries.c.article_id,
    takes_the_place_of(_newer, deliveries.c.revision, deliveries.c.sequence, deliveries.c.type),
)

#: The lanes are planned by processes of their own, so that a newer event may have come before.
_COMES_LATE = exists().where(
    _newer.c.partner_id == partners.c.id,
    _newer.c.article_id == _given("article_id", "article_id"),
    takes_the_place_of(_newer, _given("revision", "revision"), _given("sequence", "sequence"), _given("type", "type")),
)
_PLANNED: dict[str, ColumnElement[Any]] = {
    "id": _given("event_id", "event_id").concat("-").concat(partners.c.id),
    "site_id": _given("site_id", "site_id"),
    "event_id": _given("event_id", "event_id"),
    "partner_id": partners.c.id,
    "article_id": _given("article_id", "article_id"),
    "type": _given("type", "type"),
    "revision": _given("revision", "revision"),
    "sequence": _given("sequence", "sequence"),
    "lane": _given("lane", "lane"),
    "state": case((_COMES_LATE, literal(DeliveryState.SUPERSEDED, String)), else_=literal(DeliveryState.PLANNED, String)),
    "attempts": literal(0),
    "retries": literal(0),
    "created_at": _given("created_at", "created_at"),
    "give_up_at": _given("give_up_at", "give_up_at"),
    "next_attempt_at": _given("now", "next_attempt_at"),
    "put_off_at": _given("now", "put_off_at"),
}
_told = deliveries.alias("told")
#: The partner was there when the article broke. Such events are kept for as long as the article stands, deliveries aren't; and
#: they may wait for their lane, so that what takes the article back is planned before what it takes back.
_BROKE = exists().where(
    events.c.article_id == _given("article_id", "article_id"),
    events.c.type == EventType.BREAKING_STARTED,
    events.c.created_at >= partners.c.created_at,
)
#: What whoever has shown an article's link needs to know, however long its breaking time has been over.
_TAKES_BACK = and_(
    _given("type", "type").in_([EventType.ARTICLE_CORRECTED, EventType.ARTICLE_WITHDRAWN]),
    or_(_BROKE, exists().where(_told.c.partner_id == partners.c.id, _told.c.article_id == _given("article_id", "article_id"))),
)
_FOR_PARTNERS = select(*_PLANNED.values()).where(
    partners.c.site_id == _given("site_id", "site_id"),
    partners.c.state == PartnerState.ACTIVE,
    or_(bindparam("breaking", type_=Boolean), not_(partners.c.breaking_only), _TAKES_BACK),
    _passes("event"),
    _passes("category"),
    _passes("tag"),
)


@cache
def plan_statement(dialect: str) -> Insert:
    """One INSERT ... SELECT for all partners."""
    return insert_or_ignore(dialect, deliveries).from_select([*_PLANNED], _FOR_PARTNERS)


def supersede(among: ColumnElement[bool]) -> Update:
    """Supersedes what is outdated of the deliveries that wait or are dead, unless it is under way."""
    states = deliveries.c.state.in_((*OPEN_STATES, DeliveryState.DEAD))
    outdated = update(deliveries).where(among, states, deliveries.c.lease_until.is_(None), OUTDATED)
    return outdated.values(state=DeliveryState.SUPERSEDED, next_attempt_at=None)
