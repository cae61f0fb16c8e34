"""Connections that bound what a remote may send beside a body: heads, interim responses, chunk extensions and trailers.

aiohttp bounds a line and the number of headers, but reads any number of interim responses (RFC 9110 section 15.2), and without
letting anything else run; and a chunk extension (RFC 9112 section 7.1.1) of any length.
"""

from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception
from aiohttp.http_exceptions import HttpProcessingError

#: Bytes that are no body: so many, and besides eight for each byte of the body, which may come in chunks of one.
MAX_FRAMING_BYTES = 32 * 1024
FRAMING_BYTES_PER_BODY_BYTE = 8
_PIECE_BYTES = 8 * 1024


class BoundedHandler(ResponseHandler):
    """One connection's protocol. It reads in small pieces, and hangs up where most of what comes isn't body."""

    def __init__(self, loop: Any) -> None:
        super().__init__(loop)
        self._received_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data[:_PIECE_BYTES])  # without data, it goes on with what it has
        self._received_bytes += len(data[:_PIECE_BYTES])
        for start in range(_PIECE_BYTES, len(data), _PIECE_BYTES):
            if self._is_out_of_bounds():
                break
            piece = data[start : start + _PIECE_BYTES]
            super().data_received(piece)
            self._received_bytes += len(piece)
        if self._is_out_of_bounds():
            self._hang_up()

    def _is_out_of_bounds(self) -> bool:
        body_bytes = 0 if self._payload is None else self._payload.total_bytes
        return self._received_bytes > MAX_FRAMING_BYTES + (1 + FRAMING_BYTES_PER_BODY_BYTE) * body_bytes

    def _hang_up(self) -> None:
        said = f"more than {MAX_FRAMING_BYTES} bytes beside the body"
        if self._payload is not None:
            set_exception(self._payload, aiohttp.ClientPayloadError(said))
        self.set_exception(HttpProcessingError(code=400, message=said))
        if self.transport is not None:
            self.transport.abort()


class BoundedConnector(aiohttp.TCPConnector):
    """aiohttp's connector, with such connections; takes the same arguments."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._factory = partial(BoundedHandler, loop=self._loop)  # type: ignore[assignment]  # aiohttp says its own class alone
