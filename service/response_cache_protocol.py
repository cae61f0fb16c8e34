"""Stands before aiohttp on each connection, and answers by itself the requests whose very bytes were answered before.

Nothing is parsed here: what a request means is decided once, by aiohttp and `reading`, and recalled afterwards.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from service.response_cache import CachedResponse, ResponseCache

#: A connection's requests pass through aiohttp at least this often, which keeps its keep-alive timer from running out.
RENEWAL_SECONDS = 1.0


class ResponseCacheProtocol(asyncio.Protocol):
    """A connection: what is remembered is answered here, all else goes to `inner`, aiohttp's protocol.

    Only while aiohttp has nothing under way. That is known again when `answered` is called; after anything that it answered
    by other means, or that was more or less than one whole head, the connection is aiohttp's for good.
    """

    __slots__ = ("_asked", "_asked_at", "_idle", "_inner", "_loop", "_paused", "_renew_at", "_responses", "_transport")

    def __init__(self, inner: asyncio.Protocol, responses: ResponseCache, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = inner
        self._responses = responses
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._idle = True
        self._paused = False
        self._asked: bytes | None = None
        self._asked_at = 0
        self._renew_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._idle and not self._paused and self._loop.time() < self._renew_at and self._transport is not None:
            answer = self._responses.get(data)
            if answer is not None:
                answer.write(self._transport)
                return
        self._asked = data if self._idle and is_one_head(data) else None
        self._asked_at = self._responses.age
        self._idle = False
        self._inner.data_received(data)

    def answered(self, answer: CachedResponse) -> None:
        """Learns that aiohttp has answered the only request it had, whose bytes will get the same answer from now on."""
        if self._asked is not None:
            self._responses.put(self._asked, answer, self._asked_at)
            self._asked = None
            self._idle = True
            self._renew_at = self._loop.time() + RENEWAL_SECONDS

    def pause_writing(self) -> None:
        self._paused = True
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._paused = False
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._inner.connection_lost(exc)


def is_one_head(data: bytes) -> bool:
    """True for exactly one request head, with nothing that another parser might take for a further one."""
    return data.find(b"\r\n\r\n") == len(data) - 4 and data.count(b"\n") == data.count(b"\r\n")


def with_response_cache(server: Callable[[], asyncio.Protocol], responses: ResponseCache) -> Callable[[], asyncio.Protocol]:
    """A protocol factory, for `loop.create_server`, that puts the response cache before the protocols which `server` makes."""
    loop = asyncio.get_running_loop()
    return lambda: ResponseCacheProtocol(server(), responses, loop)
