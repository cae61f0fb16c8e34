"""/v1/articles/{id}/revisions and /deliveries: what an article was, and whom it has reached."""

import re
from typing import Any

from aiohttp import web

from service.json_http import json_response
from service.paging import page_of, read_page
from service.publishing import find, in_full
from service.routes.deliveries import described
from service.services import Services
from sokbo.domain.delivery import Delivery
from sokbo.domain.key import Scope
from sokbo.domain.site import Site
from sokbo.redelivery import is_delivery_id
from sokbo.storage import UnitOfWork

#: Revisions come in full, and each may be as large as an article can be.
MAX_REVISIONS = 20

_REVISION = re.compile(r"[1-9][0-9]{0,8}")


def add_article_record_routes(app: web.Application, services: Services) -> None:
    """Adds both routes."""

    async def revisions(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        after, limit = read_page(request, lambda cursor: _REVISION.fullmatch(cursor) is not None, most=MAX_REVISIONS)
        article_id, below = request.match_info["id"], int(after) if after else None
        return json_response(await services.read(lambda uow: _history(uow, caller.site, article_id, below, limit)))

    async def deliveries(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        after, limit = read_page(request, is_delivery_id)
        article_id = request.match_info["id"]
        return json_response(await services.read(lambda uow: _reach(uow, caller.site, article_id, after, limit)))

    app.router.add_get("/v1/articles/{id}/revisions", revisions)
    app.router.add_get("/v1/articles/{id}/deliveries", deliveries)


def _history(uow: UnitOfWork, site: Site, article_id: str, below: int | None, limit: int) -> dict[str, Any]:
    """The newest revisions first. Raises NotFound."""
    found = uow.articles.history(find(uow, site.id, article_id).id, below, limit + 1)
    items = [in_full(site, article) for article in found[:limit]]
    return page_of(items, has_more=len(found) > limit, cursor="revision")


def _reach(uow: UnitOfWork, site: Site, article_id: str, after: str, limit: int) -> dict[str, Any]:
    """The oldest events first. Raises NotFound."""
    found = uow.delivery_records.of_article(find(uow, site.id, article_id).id, after, limit + 1)
    partners = uow.partners.many({delivery.partner_id for delivery in found[:limit]})
    items = [_reached(delivery, partners[delivery.partner_id].name) for delivery in found[:limit]]
    return page_of(items, has_more=len(found) > limit)


def _reached(delivery: Delivery, partner: str) -> dict[str, Any]:
    seconds = delivery.acknowledged_at and (delivery.acknowledged_at - delivery.created_at).total_seconds()
    return described(delivery) | {"partner": partner, "seconds": seconds}
