"""/healthz, /readyz, /metrics."""

import asyncio

import structlog
from aiohttp import web

from service.json_http import json_response
from service.metrics import CONTENT_TYPE, Stored
from service.services import Services
from sokbo.errors import Unavailable
from sokbo.storage import UnitOfWork

log = structlog.get_logger()


def add_operating_routes(app: web.Application, services: Services) -> None:
    """Adds the routes that tell machines how the service does."""

    async def healthz(_request: web.Request) -> web.Response:
        """This process answers; nothing else is asked."""
        return json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        """200 while the database answers. The broker is reported, but without it articles are still taken."""
        database, broker = await asyncio.gather(_database(services), asyncio.to_thread(services.broker.ping))
        state = {"status": "ready" if database else "not ready", "database": database, "broker": broker}
        return json_response(state, 200 if database else 503)

    async def metrics(_request: web.Request) -> web.Response:
        try:
            stored = await services.read(_stored)
        except Unavailable:
            stored = None
        return web.Response(body=services.metrics.render(stored), headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _database(services: Services) -> bool:
    try:
        await asyncio.to_thread(services.database.ping)
    except Unavailable as error:
        log.warning("database_unavailable", reason=error.full_message)
        return False
    return True


def _stored(uow: UnitOfWork) -> Stored:
    return Stored(
        tallies=uow.tallies.all(),
        events=uow.events.waiting(uow.now),
        deliveries=uow.deliveries.waiting(uow.now),
        assemblies=uow.assemblies.waiting(uow.now),
        dead=uow.delivery_records.dead(),
        open_breakers=uow.partners.open_breakers(),
        pictures=uow.pictures.waiting(),
        subscriptions=uow.subscriptions.count(),
    )
