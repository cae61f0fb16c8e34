"""aiohttp's connection with what it lacks: deadlines for slow senders, a place among a bounded number, errors without traces."""

import asyncio
import math
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_request import BaseRequest
from multidict import CIMultiDict

from service.connections import Connections
from service.problems import PROBLEM, details
from service.response_cache import date_and_end
from sokbo.errors import BadRequest, HeadTooLong, RequestTimeout, SokboError

KEEPALIVE_SECONDS = 75.0
#: What is still sent after its request was refused is read for so long, or the sender might never see the answer.
LINGERING_SECONDS = 2.0
#: Set on a request whose sender waits to be asked for the body (RFC 9110 section 10.1.1).
EXPECTS_CONTINUE = web.RequestKey("expects_continue", bool)

#: The answers where there is no request, ready made: nothing of what was sent is in them.
_HEADERS = {"Server": "Sokbo", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_TOO_SLOW = details(RequestTimeout("the request's head came too slowly"))
_MALFORMED = BadRequest("this is no HTTP request, or not a sound one")
_TOO_LONG = HeadTooLong("the request's target, or one of its header fields, has more than 8,190 bytes")
_FAILED = SokboError("something went wrong on our side")
#: All but its Date.
_TIMED_OUT = b"".join(
    (
        b"HTTP/1.1 408 Request Timeout\r\n",
        *(f"{name}: {value}\r\n".encode() for name, value in _HEADERS.items()),
        f"Content-Type: {PROBLEM}\r\nConnection: close\r\nContent-Length: {len(_TOO_SLOW)}\r\n".encode(),
    )
)

log = structlog.get_logger()


class SlowBody(TimeoutError):
    """Raised to whoever reads a body that hasn't come in time."""


class HttpProtocol(web.RequestHandler):
    """One connection. `_deadline` is when the head, or the body of `_request`, must have come; infinite while neither is due."""

    __slots__ = ("_admitted", "_body", "_connections", "_deadline", "_ending", "_heard", "_request")

    def __init__(self, server: web.Server, connections: Connections, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # turns it off, as AppRunner(access_log=None) does
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGERING_SECONDS,
            auto_decompress=False,  # see bodies
        )
        self._connections = connections
        self._deadline = math.inf
        self._admitted = False
        self._ending = False
        self._heard = False
        self._request: BaseRequest | None = None
        self._body: StreamReader = EMPTY_PAYLOAD

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._admitted = self._connections.admit(self, peer[0] if peer else "")
        if not self._admitted:
            cast("asyncio.Transport", transport).abort()
            return
        self._deadline = self._loop.time() + self._connections.timeouts.head_seconds
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._admitted:
            self._connections.leave(self)
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._request is None and self._deadline == math.inf and self._body.is_eof():
            self._deadline = self._loop.time() + self._connections.timeouts.head_seconds
        self._heard = True
        super().data_received(data)

    def begin(self, request: BaseRequest) -> None:
        """Learns that a head has come and its request is being handled."""
        self._request, self._body = request, request.content
        seconds = self._connections.timeouts.for_body(request.content_length) if request.body_exists else math.inf
        self._deadline = self._loop.time() + seconds

    def finish(self) -> None:
        """Learns that the answer is known; aiohttp sends it next, and then reads what is left of the body."""
        self._request = None
        self._deadline = math.inf
        if self._ending:
            self.close()

    def check(self, now: float) -> None:
        """See `connections.Connection`. A connection whose reader is slow isn't blamed for its next request."""
        if now < self._deadline or self.transport is None:
            return
        if self._request is not None:
            self._deadline = math.inf
            if not self._request.content.is_eof():
                self._request.content.set_exception(SlowBody())
        elif self.transport.get_write_buffer_size() == 0:
            if self._heard:
                self.transport.write(_TIMED_OUT + date_and_end(int(time.time())) + _TOO_SLOW)
            self.force_close()

    def end(self) -> None:
        """See `connections.Connection`."""
        self._ending = True
        if self._request is None:
            self.force_close()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """A small answer to what isn't HTTP, or to what even the middleware couldn't answer; `message` may hold what was sent.

        Raises ConnectionError if an answer has begun already.
        """
        is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if not is_ours:
            log.info("request_malformed", address=request.remote, reason=type(exc).__name__)
        else:
            log.error("request_failed", address=request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        told = _FAILED if is_ours else _TOO_LONG if isinstance(exc, LineTooLong) else _MALFORMED
        response = web.Response(status=told.status, body=details(told), content_type=PROBLEM, headers=_HEADERS)
        response.force_close()
        return response


def guarded(server: web.Server, connections: Connections) -> Callable[[], HttpProtocol]:
    """A factory of such connections for an aiohttp server (`AppRunner.server`), whose handler it takes hold of."""
    loop = asyncio.get_running_loop()
    handler = server.request_handler

    async def handle(request: BaseRequest) -> web.StreamResponse:
        protocol = cast("HttpProtocol", request.protocol)
        protocol.begin(request)
        try:
            if not request.rel_url.raw_path:
                request = _with_path(request)
            return await handler(_without_expect(request) if hdrs.EXPECT in request.headers else request)
        finally:
            protocol.finish()

    server.request_handler = handle
    return lambda: HttpProtocol(server, connections, loop)


def _with_path(request: BaseRequest) -> BaseRequest:
    """The request for the root, which is what a target in absolute form without a path means (RFC 9110 section 4.2.3)."""
    return request.clone(rel_url=request.url.with_path("/", keep_query=True))


def _without_expect(request: BaseRequest) -> BaseRequest:
    """The request as if it had no Expect: aiohttp would ask for the body before anyone has looked at the key. Values hold «?» for
    bytes that aren't UTF-8, which aiohttp clones no header with."""
    headers = CIMultiDict((name, value.encode(errors="replace").decode()) for name, value in request.headers.items())
    expected = headers.popall(hdrs.EXPECT)
    cloned = request.clone(headers=headers)
    cloned[EXPECTS_CONTINUE] = any(value.lower() == "100-continue" for value in expected)
    return cloned
