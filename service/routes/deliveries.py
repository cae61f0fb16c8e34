"""/v1/deliveries: what became of each, dead letters among them."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from service.json_http import json_response
from service.paging import page_of, read_page
from service.services import Services
from sokbo.domain.delivery import Attempt, Delivery, DeliveryState
from sokbo.domain.key import Scope
from sokbo.domain.subscription import is_subscriber_id
from sokbo.errors import FieldError, Invalid, NotFound
from sokbo.partners import is_partner_id
from sokbo.redelivery import is_delivery_id
from sokbo.storage import UnitOfWork


def add_delivery_routes(app: web.Application, services: Services) -> None:
    """Adds the routes below /v1/deliveries."""

    async def page(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        after, limit = read_page(request, is_delivery_id, ("state", "partner"))
        state, partner_id = _state(request), _partner_id(request)
        found = await services.read(lambda uow: uow.delivery_records.page(caller.site.id, state, partner_id, after, limit + 1))
        items = [described(delivery) for delivery in found[:limit]]
        return json_response(page_of(items, has_more=len(found) > limit))

    async def get(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        delivery_id = request.match_info["id"]

        def read(uow: UnitOfWork) -> tuple[Delivery | None, list[Attempt]]:
            found = uow.delivery_records.get(caller.site.id, delivery_id) if is_delivery_id(delivery_id) else None
            return found, [] if found is None else [*uow.delivery_records.attempts(found.id)]

        delivery, attempts = await services.read(read)
        if delivery is None:
            raise NotFound("the site has no such delivery")
        return json_response(described(delivery) | {"history": [asdict(attempt) for attempt in attempts]})

    app.router.add_get("/v1/deliveries", page)
    app.router.add_get("/v1/deliveries/{id}", get)


def described(delivery: Delivery) -> dict[str, Any]:
    """The delivery as JSON."""
    return {
        "id": delivery.id,
        "type": delivery.type,
        "event_id": delivery.event_id,
        "article_id": delivery.article_id,
        "revision": delivery.revision or None,
        "partner_id": delivery.partner_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at,
        "acknowledged_at": delivery.acknowledged_at,
        "last_status": delivery.last_status,
        "last_detail": delivery.last_detail,
    }


def _state(request: web.Request) -> DeliveryState | None:
    state = request.query.get("state")
    if state is not None and state not in list(DeliveryState):
        raise Invalid(FieldError("state", f"must be one of {', '.join(DeliveryState)}"))
    return None if state is None else DeliveryState(state)


def _partner_id(request: web.Request) -> str:
    partner_id = request.query.get("partner", "")
    if partner_id and not (is_partner_id(partner_id) or is_subscriber_id(partner_id)):
        raise Invalid(FieldError("partner", "must be a partner's id"))
    return partner_id
