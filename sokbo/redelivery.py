"""Sending to a partner again, and sending it a test: the rules, once for the API and the command line.

Each operation happens within the caller's transaction, with its audit; the caller commits.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from sokbo.domain.delivery import REPLAYABLE_FOR, DeliveryState
from sokbo.domain.ids import DELIVERY_ID, SiteId, delivery_id, new_id
from sokbo.errors import FieldError, Invalid
from sokbo.fields import FieldsModel, at_most, merge_patch, validate
from sokbo.moments import Moment
from sokbo.partners import find
from sokbo.storage import UnitOfWork
from sokbo.storage.delivery_records import Replay

MAX_IDS = 1000


class ReplayInput(FieldsModel):
    ids: Annotated[tuple[str, ...], at_most(MAX_IDS)] = ()
    since: Moment | None = None
    until: Moment | None = None
    state: Literal["dead"] | None = None


def parse_replay(values: Mapping[str, Any]) -> Replay:
    """What the JSON object selects: `ids`, or `since` with or without `until`, or `state`. Raises Invalid."""
    wanted = validate(ReplayInput, merge_patch({}, values))
    if sum((bool(wanted.ids), wanted.since is not None, wanted.state is not None)) != 1:
        raise Invalid(FieldError("ids", "is required, or since or state in its place, and only one of them", "required"))
    if wanted.until is not None and wanted.since is None:
        raise Invalid(FieldError("until", "needs since"))
    if wanted.until is not None and wanted.since is not None and wanted.until <= wanted.since:
        raise Invalid(FieldError("until", "must be after since"))
    state = None if wanted.state is None else DeliveryState(wanted.state)
    return Replay(ids=wanted.ids, since=wanted.since, until=wanted.until, state=state)


def replay(uow: UnitOfWork, site_id: SiteId, partner_id: str, wanted: Replay, *, actor: str, request_id: str) -> tuple[int, int]:
    """How many deliveries are due again, and how many were left out because something newer has taken their place.

    What was never planned for the partner is not planned now. Raises NotFound, and Invalid for an id that can't be sent again.
    """
    partner = find(uow, site_id, partner_id, lock=True)
    possible = [delivery_id for delivery_id in wanted.ids if is_delivery_id(delivery_id)]
    known = uow.delivery_records.known(partner.id, possible, uow.now) if possible else set()
    if unknown := set(wanted.ids) - known:
        rule = f"is no dead letter of this partner's, and no delivery to it of the last {REPLAYABLE_FOR.days} days"
        raise Invalid(*(FieldError(f"ids.{index}", rule) for index, name in enumerate(wanted.ids) if name in unknown))
    counts = uow.delivery_records.replay(partner.id, wanted, uow.now)
    uow.audit.record(site_id, actor, "partner.replay", partner.id, request_id, uow.now)
    return counts


def ping(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, actor: str, request_id: str) -> str:
    """The id of a test delivery, which the workers try once, even if the partner is disabled. What waits because the partner has
    asked for patience goes out, too. Raises NotFound."""
    partner = find(uow, site_id, partner_id, lock=True)
    if (until := partner.breaker.retry_after_until) is not None:
        uow.partners.save_breakers({partner.id: partner.breaker.hastened(uow.now)})
        uow.deliveries.cancel_retry_after(partner.id, until, uow.now)
    ping_id = delivery_id(new_id("png"), partner.id)
    uow.delivery_records.add_ping(ping_id, site_id, partner.id, uow.now)
    uow.audit.record(site_id, actor, "partner.ping", partner.id, request_id, uow.now)
    return ping_id


def is_delivery_id(text: str) -> bool:
    return DELIVERY_ID.fullmatch(text) is not None
