"""/healthz, /readyz, /metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import structlog
from aiohttp import web

from service.json_http import json_response
from service.metrics import CONTENT_TYPE, Stored
from service.services import Services
from sokbo.errors import Unavailable
from sokbo.storage import UnitOfWork

#: How long the database is waited for, by those who ask how the service does.
ANSWER_SECONDS = 3.0

T = TypeVar("T")

log = structlog.get_logger()


def add_operating_routes(app: web.Application, services: Services) -> None:
    """Adds the routes that tell machines how the service does."""

    ping = Shared(lambda: asyncio.to_thread(services.database.ping))
    stored_now = Shared(lambda: services.read(_stored))

    async def healthz(_request: web.Request) -> web.Response:
        """This process answers; nothing else is asked."""
        return json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        """200 while the database answers. The broker is reported, but without it articles are still taken."""
        database, broker = await asyncio.gather(_answers(ping), asyncio.to_thread(services.broker.ping))
        state = {"status": "ready" if database else "not ready", "database": database, "broker": broker}
        return json_response(state, 200 if database else 503)

    async def metrics(_request: web.Request) -> web.Response:
        try:
            stored = await stored_now()
        except (Unavailable, TimeoutError):
            stored = None
        return web.Response(body=services.metrics.render(stored), headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


class Shared(Generic[T]):
    """A question that is asked once at a time, whoever wants the answer: where the database hangs, each would take a thread."""

    def __init__(self, ask: Callable[[], Awaitable[T]]):
        self._ask = ask
        self._asking: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        """Raises what the question does, and TimeoutError if the answer doesn't come in time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
            self._asking.add_done_callback(_heard)
        return await asyncio.wait_for(asyncio.shield(self._asking), ANSWER_SECONDS)


def _heard(asking: asyncio.Future[Any]) -> None:
    """What comes when nobody waits for it any more is no unheard error."""
    if not asking.cancelled():
        asking.exception()


async def _answers(ping: Shared[None]) -> bool:
    try:
        await ping()
    except TimeoutError:
        log.warning("database_unavailable", reason=f"no answer within {ANSWER_SECONDS:g} s")
        return False
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
