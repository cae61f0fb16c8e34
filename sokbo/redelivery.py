"""Sending to a partner again, and sending it a test: the rules, once for the API and the command line.

Each deed happens within the caller's transaction, with its audit; the caller commits.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from sokbo.domain.delivery import REPLAYABLE_FOR, DeliveryState
from sokbo.domain.ids import SiteId, new_id
from sokbo.domain.partner import Signature
from sokbo.errors import FieldError, Invalid
from sokbo.fields import FieldsModel, merged, validate
from sokbo.partners import find
from sokbo.storage import UnitOfWork
from sokbo.storage.delivery_records import Replay

MAX_IDS = 1000
MAX_OVERLAP_SECONDS = 7 * 86_400
DEFAULT_OVERLAP_SECONDS = 86_400

_ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}-ptr_[0-9a-z]{26}")


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where the zone leads before the year 1 or past 9999
        pass
    raise ValueError("must be a time with a zone (RFC 3339), such as 2026-03-02T09:00:00Z")


def _dead(state: str) -> str:
    if state != DeliveryState.DEAD:
        raise ValueError("must be dead")
    return state


def _overlap(seconds: object) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MAX_OVERLAP_SECONDS:
        raise ValueError(f"must be a whole number from 0 to {MAX_OVERLAP_SECONDS}")
    return seconds


Moment = Annotated[datetime, BeforeValidator(_moment)]


class ReplayInput(FieldsModel):
    ids: Annotated[tuple[str, ...], Field(max_length=MAX_IDS)] = ()
    since: Moment | None = None
    until: Moment | None = None
    state: Annotated[str, AfterValidator(_dead)] | None = None


class RotationInput(FieldsModel):
    """For how many seconds the old secret goes on signing, and the kind of the new one, if it is to be another."""

    overlap_seconds: Annotated[int, BeforeValidator(_overlap)] = DEFAULT_OVERLAP_SECONDS
    signature: Signature | None = None


def parse_replay(values: Mapping[str, Any]) -> Replay:
    """What the JSON object selects: `ids`, or `since` with or without `until`, or `state`. Raises Invalid."""
    wanted = validate(ReplayInput, merged({}, values))
    if sum((bool(wanted.ids), wanted.since is not None, wanted.state is not None)) != 1:
        raise Invalid(FieldError("ids", "is required, or since or state in its place, and only one of them", "required"))
    if wanted.until is not None and wanted.since is None:
        raise Invalid(FieldError("until", "needs since"))
    if wanted.until is not None and wanted.since is not None and wanted.until <= wanted.since:
        raise Invalid(FieldError("until", "must be after since"))
    state = None if wanted.state is None else DeliveryState(wanted.state)
    return Replay(ids=wanted.ids, since=wanted.since, until=wanted.until, state=state)


def parse_rotation(values: Mapping[str, Any]) -> RotationInput:
    """The JSON object's fields. Raises Invalid."""
    return validate(RotationInput, merged({}, values))


def replay(uow: UnitOfWork, site_id: SiteId, partner_id: str, wanted: Replay, *, actor: str, request_id: str) -> tuple[int, int]:
    """How many deliveries are due again, and how many were left out because something newer has taken their place.

    What was never planned for the partner is not planned now. Raises NotFound, and Invalid for an id that can't be sent again.
    """
    partner = find(uow, site_id, partner_id, lock=True)
    possible = [name for name in wanted.ids if is_delivery_id(name)]
    known = uow.delivery_records.known(partner.id, possible, uow.now) if possible else set()
    if unknown := set(wanted.ids) - known:
        rule = f"is no delivery to this partner of the last {REPLAYABLE_FOR.days} days"
        raise Invalid(*(FieldError(f"ids.{number}", rule) for number, name in enumerate(wanted.ids) if name in unknown))
    counts = uow.delivery_records.replay(partner.id, wanted, uow.now)
    uow.audit.record(site_id, actor, "partner.replay", partner.id, request_id, uow.now)
    return counts


def ping(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, actor: str, request_id: str) -> str:
    """The id of a test delivery, which the workers try once, even if the partner is disabled. What waits because the partner has
    asked for patience goes out, too. Raises NotFound."""
    partner = find(uow, site_id, partner_id, lock=True)
    if (until := partner.breaker.retry_after_until) is not None:
        uow.partners.save_breakers({partner.id: partner.breaker.hastened(uow.now)})
        uow.deliveries.hasten(partner.id, until, uow.now)
    ping_id = f"{new_id('png')}-{partner.id}"
    uow.delivery_records.add_ping(ping_id, site_id, partner.id, uow.now)
    uow.audit.record(site_id, actor, "partner.ping", partner.id, request_id, uow.now)
    return ping_id


def is_delivery_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
