"""/v1/events: what happened in a site, in order; how whoever missed something catches up."""

import re
from typing import Any

from aiohttp import web

from service.json_http import json_response
from service.paging import read_page
from service.services import Services
from sokbo.domain.event import Event
from sokbo.domain.key import Scope
from sokbo.domain.partner import DEFAULT_REL, ContentProfile
from sokbo.domain.site import Site
from sokbo.payload import describe
from sokbo.storage import UnitOfWork

_SEQUENCE = re.compile(r"[0-9]{1,9}")


def add_event_routes(app: web.Application, services: Services) -> None:
    """Adds the route at /v1/events."""

    async def get(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        after, limit = read_page(request, lambda cursor: _SEQUENCE.fullmatch(cursor) is not None)
        return json_response(await services.read(lambda uow: _page(uow, caller.site, int(after or 0), limit)))

    app.router.add_get("/v1/events", get)


def _page(uow: UnitOfWork, site: Site, after: int, limit: int) -> dict[str, Any]:
    """A page in the order of sequence numbers; `missing` of them are kept no longer, or were left out by a restore."""
    newest = uow.events.last_sequence(site.id)  # asked before the page, so that no event comes between
    found = uow.events.page(site.id, after, limit + 1)
    items = [_described(uow, site, event) for event in found[:limit]]
    reached = items[-1]["sequence"] if items else max(newest, after)
    return {"items": items, "next": reached if len(found) > limit else None, "missing": reached - after - len(items)}


def _described(uow: UnitOfWork, site: Site, event: Event) -> dict[str, Any]:
    article = uow.media.with_current_media_urls(site, uow.articles.at_revision(event.article_id, event.revision))
    said = describe(event, site, article, ContentProfile.SUMMARY, DEFAULT_REL)
    return {"id": event.id, "sequence": event.sequence, **said}
