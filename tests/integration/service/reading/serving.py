"""A real server on a free port of 127.0.0.1 that serves documents, and a socket to talk to it byte by byte."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from service.document_cache import DocumentCache
from service.private_feeds import PrivateFeeds
from service.reading import Reader
from service.response_cache import ResponseCache
from service.response_cache_protocol import with_response_cache
from service.routes.documents import add_document_routes
from service.site_directory import SiteDirectory
from sokbo.domain.site import Site
from sokbo.errors import SokboError
from sokbo.storage import Database
from tests.unit.service.reading.source import SITE, MemorySource


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server with all that the tests look into."""

    source: MemorySource
    cache: DocumentCache
    responses: ResponseCache
    port: int

    async def dial(self) -> "Connection":
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port))

    async def ask(self, *lines: str) -> "Reply":
        """One request on a connection of its own."""
        async with await self.dial() as connection:
            return await connection.ask(*lines)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection. `ask` sends a request of these lines; Host is added where none is given."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, *lines: str) -> Reply:
        self.send(*lines)
        return await self.reply(head_only=lines[0].startswith("HEAD"))

    def send(self, *lines: str) -> None:
        self.writer.write(request_bytes(*lines))

    async def reply(self, *, head_only: bool = False) -> Reply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *fields = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in fields)}
        status = int(status_line.split()[1])
        bodiless = head_only or status in {204, 304}
        body = b"" if bodiless else await self.reader.readexactly(int(headers["content-length"]))
        return Reply(status, headers, body)

    async def is_closed_by_server(self) -> bool:
        return await self.reader.read(1) == b""

    def close_abruptly(self) -> None:
        """Resets the connection."""
        linger_none = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        self.writer.transport.abort()


def request_bytes(*lines: str) -> bytes:
    if not any(line.lower().startswith("host:") for line in lines):
        lines = (lines[0], "Host: sokbo.example", *lines[1:])
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


@asynccontextmanager
async def serve(source: MemorySource) -> AsyncIterator[Serving]:
    """Serves the source's documents under /news and, the same, on the host news.example."""

    @web.middleware
    async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except SokboError as error:
            return web.Response(status=error.status, headers=error.headers, text=error.message)

    created = datetime(2026, 1, 1, tzinfo=UTC)
    cache = DocumentCache(source, 8 * 1024 * 1024)
    memory = ResponseCache(cache)
    directory = SiteDirectory()
    directory.replace(
        [
            Site(SITE, "news", "News", "http://127.0.0.1:8080/news", created),
            Site(SITE, "own", "Own", "https://news.example", created),
        ]
    )
    app = web.Application(middlewares=[tell_errors])
    add_document_routes(app, Reader(cache, PrivateFeeds(Database("sqlite:///nowhere.db"))), directory)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    listener = await asyncio.get_running_loop().create_server(with_response_cache(runner.server, memory), "127.0.0.1", 0)
    try:
        yield Serving(source, cache, memory, listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        await runner.cleanup()
