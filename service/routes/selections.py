"""/v1/selections: make, list, read, change, delete; new tokens for private ones."""

import structlog
from aiohttp import web

from service.auth import Caller
from service.json_http import MERGE_PATCH_TYPES, json_body, json_response
from service.paging import page_of, read_page
from service.services import Services
from sokbo import selections
from sokbo.domain.event import Lane
from sokbo.domain.key import Scope

log = structlog.get_logger()


def add_selection_routes(app: web.Application, services: Services) -> None:
    """Adds the routes below /v1/selections."""
    handlers = Selections(services)
    app.router.add_post("/v1/selections", handlers.post)
    app.router.add_get("/v1/selections", handlers.list)
    app.router.add_get("/v1/selections/{name}", handlers.get)
    app.router.add_patch("/v1/selections/{name}", handlers.patch)
    app.router.add_delete("/v1/selections/{name}", handlers.delete)
    app.router.add_post("/v1/selections/{name}/rotate-token", handlers.rotate_token)
    app.router.add_delete("/v1/selections/{name}/token", handlers.revoke_token)


class Selections:
    """The handlers. Each authenticates before it reads the body."""

    def __init__(self, services: Services):
        self._services = services

    async def post(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        wanted = selections.parse(await json_body(request), caller.site)
        made, token = await self._services.writer.do(lambda uow: selections.make(uow, caller.site, wanted, **caller.as_actor))
        self._changed("selection_made", made.name)
        answer = selections.described(caller.site, made, token)
        return json_response(answer, status=201, headers={"Location": f"/v1/selections/{made.name}"})

    async def list(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        after, limit = read_page(request, selections.is_name)
        found = await self._services.read(lambda uow: uow.selections.page(caller.site.id, after, limit + 1))
        items = [selections.described(caller.site, selection) for selection in found[:limit]]
        return json_response(page_of(items, has_more=len(found) > limit, cursor="name"))

    async def get(self, request: web.Request) -> web.Response:
        caller, name = await self._caller(request), request.match_info["name"]
        found = await self._services.read(lambda uow: selections.find(uow, caller.site.id, name))
        return json_response(selections.described(caller.site, found))

    async def patch(self, request: web.Request) -> web.Response:
        caller, name = await self._caller(request), request.match_info["name"]
        patch = await json_body(request, MERGE_PATCH_TYPES)
        changed, token = await self._services.writer.do(
            lambda uow: selections.change(uow, caller.site, name, patch, **caller.as_actor)
        )
        self._changed("selection_changed", name)
        return json_response(selections.described(caller.site, changed, token))

    async def delete(self, request: web.Request) -> web.Response:
        caller, name = await self._caller(request), request.match_info["name"]
        await self._services.writer.do(lambda uow: selections.delete(uow, caller.site, name, **caller.as_actor))
        self._changed("selection_deleted", name)
        return web.Response(status=204)

    async def rotate_token(self, request: web.Request) -> web.Response:
        caller, name = await self._caller(request), request.match_info["name"]
        changed, token = await self._services.writer.do(
            lambda uow: selections.rotate_token(uow, caller.site, name, **caller.as_actor)
        )
        log.info("selection_token_rotated", selection=name)
        return json_response(selections.described(caller.site, changed, token))

    async def revoke_token(self, request: web.Request) -> web.Response:
        caller, name = await self._caller(request), request.match_info["name"]
        await self._services.writer.do(lambda uow: selections.revoke_token(uow, caller.site, name, **caller.as_actor))
        log.info("selection_token_revoked", selection=name)
        return web.Response(status=204)

    def _changed(self, event: str, name: str) -> None:
        """Nudges the workers, who make the feeds, and logs it; call after the commit."""
        self._services.nudger.nudge([Lane.DEFAULT])
        log.info(event, selection=name)

    async def _caller(self, request: web.Request) -> Caller:
        return await self._services.authenticator.admit(request, Scope.PARTNERS)
