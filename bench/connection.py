"""A client that costs little beside what it measures: keep-alive HTTP/1.1 over a bare asyncio protocol, one request at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from bench.system import System

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Answer(NamedTuple):
    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """Understands answers with a Content-Length, which is all that the service gives."""

    _transport: asyncio.Transport
    _answer: asyncio.Future[Answer]

    def __init__(self) -> None:
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't one by name

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return
        head = bytes(self._buffer[:head_end]).lower()
        body_start = head_end + len(_HEAD_END)
        _, _, length = head.partition(_LENGTH)
        body_end = body_start + int(length.partition(b"\r\n")[0] or 0)
        if len(self._buffer) < body_end:
            return
        answer = Answer(int(head[9:12]), bytes(self._buffer[body_start:body_end]))
        del self._buffer[:body_end]
        self._answer.set_result(answer)

    def connection_lost(self, _error: Exception | None) -> None:
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(ConnectionError("the service closed the connection"))

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request. Raises ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


@asynccontextmanager
async def connected(system: System) -> AsyncIterator[Connection]:
    """A connection to the service."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, system.settings.host, system.settings.port)
    try:
        yield connection
    finally:
        connection.close()


def get(path: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post_article(system: System, body: bytes) -> bytes:
    """The bytes of a request that posts the article."""
    head = (
        "POST /v1/articles HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {system.api_key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(connection: Connection, request: bytes) -> bytes:
    """The body of a 201. Raises RuntimeError for any other answer."""
    answer = await connection.ask(request)
    if answer.status != 201:
        raise RuntimeError(f"a POST was answered {answer.status}: {answer.body.decode(errors='replace')}")
    return answer.body


async def wait_for_text(connection: Connection, request: bytes, text: bytes, every_seconds: float, seconds: float = 30.0) -> None:
    """Asks again and again until a 200 has the text. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await connection.ask(request)
            if answer.status == 200 and text in answer.body:
                return
            await asyncio.sleep(every_seconds)
