"""/v1/partners: register, list, read, change, enable, delete."""

import structlog
from aiohttp import web

from service.auth import Caller
from service.json_http import MERGE_PATCH_TYPES, json_body, json_response
from service.paging import page_of, read_page
from service.services import Services
from sokbo import partners
from sokbo.domain.key import Scope
from sokbo.domain.partner import Partner

log = structlog.get_logger()


def add_partner_routes(app: web.Application, services: Services) -> None:
    """Adds the routes below /v1/partners."""
    handlers = Partners(services)
    app.router.add_post("/v1/partners", handlers.post)
    app.router.add_get("/v1/partners", handlers.list)
    app.router.add_get("/v1/partners/{id}", handlers.get)
    app.router.add_patch("/v1/partners/{id}", handlers.patch)
    app.router.add_delete("/v1/partners/{id}", handlers.delete)
    app.router.add_post("/v1/partners/{id}/enable", handlers.enable)


class Partners:
    """The handlers. Each authenticates before it reads the body."""

    def __init__(self, services: Services):
        self._services = services

    async def post(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        wanted = partners.parse(await json_body(request), self._services.settings.callback_allow)
        partner, verified_with = await self._services.writer.do(
            lambda uow: partners.register(uow, self._services.sealer, caller.site.id, wanted, **caller.as_actor)
        )
        log.info("partner_registered", partner_id=partner.id, channel=partner.channel)
        return json_response(
            partners.described(partner) | verified_with, status=201, headers={"Location": f"/v1/partners/{partner.id}"}
        )

    async def list(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        after, limit = read_page(request, partners.is_partner_id)
        found = await self._services.read(lambda uow: uow.partners.page(caller.site.id, after, limit + 1))
        items = [partners.described(partner) for partner in found[:limit]]
        return json_response(page_of(items, has_more=len(found) > limit))

    async def get(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        return _answer(await self._services.read(lambda uow: partners.find(uow, caller.site.id, request.match_info["id"])))

    async def patch(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        patch = await json_body(request, MERGE_PATCH_TYPES)
        allow = self._services.settings.callback_allow
        partner = await self._services.writer.do(
            lambda uow: partners.change(uow, caller.site.id, request.match_info["id"], patch, allow, **caller.as_actor)
        )
        log.info("partner_changed", partner_id=partner.id)
        return _answer(partner)

    async def delete(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        partner_id = request.match_info["id"]
        await self._services.writer.do(lambda uow: partners.delete(uow, caller.site.id, partner_id, **caller.as_actor))
        log.info("partner_deleted", partner_id=partner_id)
        return web.Response(status=204)

    async def enable(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        partner = await self._services.writer.do(
            lambda uow: partners.enable(uow, caller.site.id, request.match_info["id"], **caller.as_actor)
        )
        log.info("partner_enabled", partner_id=partner.id)
        return _answer(partner)

    async def _caller(self, request: web.Request) -> Caller:
        return await self._services.authenticator.admit(request, Scope.PARTNERS)


def _answer(partner: Partner) -> web.Response:
    return json_response(partners.described(partner))
