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
from sokbo.domain.event import REPLACED_BY, EventType
from sokbo.domain.partner import PartnerState
from sokbo.storage.delivery_tables import IS_REGISTERED, deliveries, partner_filters, partners
from sokbo.storage.tables import events
from sokbo.storage.topics import IS_OVERTAKEN
from sokbo.storage.upserts import insert_or_ignore

_newer = deliveries.alias("newer")


def _passes(kind: str) -> ColumnElement[bool]:
    """True for partners that name no value of this kind, or one of those given."""
    named = and_(partner_filters.c.partner_id == partners.c.id, partner_filters.c.kind == kind)
    values: BindParameter[str] = bindparam(f"{kind}_values", expanding=True)
    return or_(not_(exists().where(named)), exists().where(named, partner_filters.c.value.in_(values)))


def _given(name: str, column: str) -> BindParameter[Any]:
    return bindparam(name, type_=deliveries.c[column].type)


def takes_the_place_of(newer: FromClause, sequence: Any, type_: Any) -> ColumnElement[bool]:
    """True if `newer` tells of the same article in such a way that an older delivery must not go out any more."""
    replaces = [and_(type_ == old, newer.c.type.in_(by)) for old, by in REPLACED_BY.items() if by]
    return and_(newer.c.sequence > sequence, or_(*replaces))


#: True for deliveries that are older than what was planned for the same partner, whatever became of that.
OUTDATED = exists().where(
    _newer.c.partner_id == deliveries.c.partner_id,
    _newer.c.article_id == deliveries.c.article_id,
    takes_the_place_of(_newer, deliveries.c.sequence, deliveries.c.type),
)

#: The lanes are planned by processes of their own, so that a newer event may have come before.
_COMES_LATE = exists().where(
    _newer.c.partner_id == partners.c.id,
    _newer.c.article_id == _given("article_id", "article_id"),
    takes_the_place_of(_newer, _given("sequence", "sequence"), _given("type", "type")),
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
#: The partner has been sent something of the article, or just is, and may show it.
_WAS_TOLD = exists().where(
    _told.c.partner_id == partners.c.id,
    _told.c.article_id == _given("article_id", "article_id"),
    or_(_told.c.attempts > 0, _told.c.lease_until.is_not(None)),
)
#: A disabled partner must learn when it comes back that what it may show was taken back.
_MUST_LEARN = and_(
    partners.c.state == PartnerState.DISABLED,
    _given("type", "type") == EventType.ARTICLE_WITHDRAWN,
    _WAS_TOLD,
)
#: Its terms may be others by now, or the partner's filter.
_IS_STILL_SHOWN = and_(
    _given("type", "type").in_([EventType.ARTICLE_CORRECTED, EventType.ARTICLE_WITHDRAWN, EventType.BREAKING_ENDED]),
    _WAS_TOLD,
)
_FOR_PARTNERS = select(*_PLANNED.values()).where(
    partners.c.site_id == _given("site_id", "site_id"),
    IS_REGISTERED,
    or_(partners.c.state == PartnerState.ACTIVE, _MUST_LEARN),
    or_(bindparam("breaking", type_=Boolean), not_(partners.c.breaking_only), _TAKES_BACK),
    _passes("event"),
    or_(and_(_passes("category"), _passes("tag")), _IS_STILL_SHOWN),
)


@cache
def plan_statement(dialect: str) -> Insert:
    """One INSERT ... SELECT for all partners."""
    return insert_or_ignore(dialect, deliveries).from_select([*_PLANNED], _FOR_PARTNERS)


_IS_FREE_TO_CHANGE = and_(deliveries.c.state.in_((*OPEN_STATES, DeliveryState.DEAD)), deliveries.c.lease_until.is_(None))
_SUPERSEDED = {"state": DeliveryState.SUPERSEDED, "next_attempt_at": None}

#: Supersedes what waits, or is dead, of an article that is taken back by the event `before` which it came: whoever hears of no
#: withdrawals is told nothing else of it either.
TAKE_BACK = (
    update(deliveries)
    .where(
        deliveries.c.article_id == _given("of_article", "article_id"),
        deliveries.c.sequence < _given("before", "sequence"),
        _IS_FREE_TO_CHANGE,
    )
    .values(_SUPERSEDED)
)


_PARTNER_IS_GONE = exists().where(partners.c.id == deliveries.c.partner_id, partners.c.state == PartnerState.DELETED)


def supersede(among: ColumnElement[bool]) -> Update:
    """Supersedes what is outdated, or has nobody to go to, of the deliveries that wait or are dead, unless it is under way."""
    return update(deliveries).where(among, _IS_FREE_TO_CHANGE, or_(OUTDATED, IS_OVERTAKEN, _PARTNER_IS_GONE)).values(_SUPERSEDED)
