"""POST /v1/partners/{id}/replay, /rotate-secret, /ping."""

import structlog
from aiohttp import web

from service.auth import Caller
from service.json_http import json_body, json_response
from service.services import Services
from sokbo import redelivery, rotation
from sokbo.domain.key import Scope

log = structlog.get_logger()


def add_redelivery_routes(app: web.Application, services: Services) -> None:
    """Adds what is done with a partner's deliveries and its secret."""
    handlers = Redelivery(services)
    app.router.add_post("/v1/partners/{id}/replay", handlers.replay)
    app.router.add_post("/v1/partners/{id}/rotate-secret", handlers.rotate_secret)
    app.router.add_post("/v1/partners/{id}/ping", handlers.ping)


class Redelivery:
    """The handlers. Each authenticates before it reads the body."""

    def __init__(self, services: Services):
        self._services = services

    async def replay(self, request: web.Request) -> web.Response:
        caller, partner_id = await self._caller(request), request.match_info["id"]
        wanted = redelivery.parse_replay(await json_body(request))
        replayed, superseded = await self._services.writer.do(
            lambda uow: redelivery.replay(uow, caller.site.id, partner_id, wanted, **caller.as_actor)
        )
        log.info("deliveries_replayed", partner_id=partner_id, replayed=replayed, superseded=superseded)
        return json_response({"replayed": replayed, "superseded": superseded})

    async def rotate_secret(self, request: web.Request) -> web.Response:
        caller, partner_id = await self._caller(request), request.match_info["id"]
        values = await json_body(request) if request.body_exists else {}
        wanted = rotation.parse(values)
        verified_with, until = await self._services.writer.do(
            lambda uow: rotation.rotate_secret(uow, self._services.sealer, caller.site.id, partner_id, wanted, **caller.as_actor)
        )
        log.info("secret_rotated", partner_id=partner_id, previous_until=until)
        return json_response({"id": partner_id, **verified_with, "previous_secret_until": until})

    async def ping(self, request: web.Request) -> web.Response:
        caller = await self._caller(request)
        ping_id = await self._services.writer.do(
            lambda uow: redelivery.ping(uow, caller.site.id, request.match_info["id"], **caller.as_actor)
        )
        log.info("ping_planned", delivery_id=ping_id)
        return json_response({"id": ping_id}, status=202, headers={"Location": f"/v1/deliveries/{ping_id}"})

    async def _caller(self, request: web.Request) -> Caller:
        return await self._services.authenticator.admit(request, Scope.PARTNERS)
