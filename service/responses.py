"""aiohttp's view of an answer that was made beforehand."""

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from service.response_cache import CachedResponse, Part
from service.response_cache_protocol import ResponseCacheProtocol


class PreparedResponse(web.StreamResponse):
    """Sends an answer's bytes as they are, past aiohttp's header writing: headers set on the response are not sent."""

    def __init__(self, answer: CachedResponse) -> None:
        super().__init__(status=304 if answer.part is Part.NOT_MODIFIED else answer.prepared.status)
        self._answer = answer
        self._keeps_alive: bool | None = None

    @property
    def prepared(self) -> bool:
        return self._keeps_alive is not None

    @property
    def keep_alive(self) -> bool | None:
        return self._keeps_alive

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Writes the answer, and waits while the reader is slow. Raises ConnectionResetError if the reader has gone."""
        if self.prepared:
            return None
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the reader has gone")
        self._keeps_alive = request.keep_alive
        self._answer.write(transport, _connection(request))
        protocol = transport.get_protocol()
        if isinstance(protocol, ResponseCacheProtocol) and _is_repeatable(request):
            protocol.answered(self._answer)
        await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Does nothing: `prepare` sent it all."""


def _connection(request: BaseRequest) -> bytes:
    """The Connection header, where the version's default isn't what happens (RFC 9112 section 9.3)."""
    if request.version >= HttpVersion11:
        return b"" if request.keep_alive else b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if request.keep_alive else b""


def _is_repeatable(request: BaseRequest) -> bool:
    """True if nothing of the request is outstanding and the connection goes on. A body could pose as the next request."""
    return (
        request.version == HttpVersion11 and request.keep_alive and not request.body_exists and "Upgrade" not in request.headers
    )
