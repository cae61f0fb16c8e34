"""/v1/audit: who did what, oldest first."""

import re
from dataclasses import asdict

from aiohttp import web

from service.json_http import json_response
from service.paging import page_of, read_page
from service.services import Services
from sokbo.domain.key import Scope

_ID = re.compile(r"[0-9]{1,18}")


def add_audit_routes(app: web.Application, services: Services) -> None:
    """Adds the route at /v1/audit."""

    async def get(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.ADMIN)
        after, limit = read_page(request, lambda cursor: _ID.fullmatch(cursor) is not None)
        found = await services.read(lambda uow: uow.audit.page(caller.site.id, int(after or 0), limit + 1))
        items = [asdict(entry) for entry in found[:limit]]
        return json_response(page_of(items, has_more=len(found) > limit))

    app.router.add_get("/v1/audit", get)
