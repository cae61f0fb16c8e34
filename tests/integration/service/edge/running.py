"""A service on a free port of 127.0.0.1: the whole one over a database of its own, or only its edge before a small handler."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from service.app import build_service
from service.connections import Connections, ReadTimeouts
from service.document_cache import DocumentCache
from service.http_protocol import guarded
from service.metrics import Metrics
from service.middlewares import edge
from service.response_cache import ResponseCache
from service.response_cache_protocol import with_response_cache
from sokbo import keys, sites
from sokbo.domain.key import Scope
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready
from tests.integration.service.reading.serving import Connection, Reply
from tests.unit.service.reading.source import MemorySource


def roomy(timeouts: ReadTimeouts | None = None) -> Connections:
    """Connections that no test exhausts."""
    return Connections(per_address=100, total=100, timeouts=timeouts)


@dataclass(frozen=True, slots=True)
class Edge:
    """A server that listens; `key` is empty where nobody needs one."""

    connections: Connections
    port: int
    key: str = ""

    async def dial(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port))

    async def ask(self, *lines: str, body: bytes = b"") -> Reply:
        """One request on a connection of its own."""
        async with await self.dial() as connection:
            connection.send(*lines)
            connection.writer.write(body)
            return await connection.reply()

    async def closes(self, connection: Connection) -> bytes:
        """What the server still says on the connection, which it closes at a look after the deadline; nothing if it resets it."""
        saying = asyncio.create_task(connection.reader.read())
        while not saying.done():
            await self.connections.check()
            await asyncio.sleep(0.001)
        try:
            return await saying
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def edge_before(handler: Handler, connections: Connections) -> AsyncIterator[Edge]:
    """The handler at every path, with the service's protocols and middleware before it."""
    app = web.Application(middlewares=[edge(Metrics())])
    app.router.add_route("*", "/{path:.*}", handler)
    responses = ResponseCache(DocumentCache(MemorySource(), 0))
    async with _listening(app, connections, responses) as port:
        yield Edge(connections, port)


@asynccontextmanager
async def whole_service(
    folder: Path, change: Callable[[Settings], Settings] = lambda settings: settings, *, make: bool = True
) -> AsyncIterator[Edge]:
    """The service as `python -m service` runs it, without a broker, and a key to publish on its site `news`; without `make` on
    the database that is there, without a key."""
    settings = change(Settings(data=folder, redis_url=f"unix://{folder}/no-broker"))
    key = await asyncio.to_thread(make_site, settings) if make else ""
    async with build_service(settings) as service, _listening(service.app, service.connections, service.responses) as port:
        yield Edge(service.connections, port, key)


def make_site(settings: Settings) -> str:
    """Makes the database with a site `news`; a key to publish there."""
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    origin = {"actor": "test", "request_id": "req_test"}
    with database.write() as uow:
        site = sites.create(uow, {"name": "news", "title": "News", "base_url": "http://127.0.0.1/news"}, **origin)
        _, key = keys.issue(uow, site.id, [Scope.PUBLISH, Scope.READ], "test", **origin)
        uow.commit()
    database.close()
    return key


@asynccontextmanager
async def _listening(app: web.Application, connections: Connections, responses: ResponseCache) -> AsyncIterator[int]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    factory = with_response_cache(guarded(runner.server, connections), responses)
    listener = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await runner.cleanup()
