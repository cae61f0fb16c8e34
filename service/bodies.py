"""Request bodies without their content coding, and none longer than it may be. Unpacked here, since aiohttp takes a body that was
cut short for a whole one."""

import zlib

from aiohttp import StreamReader, hdrs, web

from sokbo.errors import BadRequest, TooLarge, UnsupportedMediaType

#: The codings that are taken (RFC 9110 section 8.4.1), as the sender is told.
TAKEN = ("gzip", "deflate", "identity")
#: A gzip body is a series of members (RFC 1952 section 2.2); unpacking copies what is left once for each.
MAX_MEMBERS = 16

_GZIP_BITS = 16 + zlib.MAX_WBITS
_PLAIN = {"", "identity"}
_CODINGS = {"gzip", "x-gzip", "deflate"}
_DEFLATE_METHOD = 8


async def read_body(request: web.Request) -> bytes:
    """The body, unpacked; as it comes and unpacked it may have `client_max_size` bytes.

    Raises UnsupportedMediaType for another coding, TooLarge, BadRequest for a body that is cut short or damaged, and what
    `Request.read` raises.
    """
    coding = ", ".join(request.headers.getall(hdrs.CONTENT_ENCODING, ())).strip().lower()
    if coding in _PLAIN:
        return await request.read()
    if coding not in _CODINGS:
        raise UnsupportedMediaType(
            f"The Content-Encoding {coding[:80]} is not taken: send {', '.join(TAKEN[:-1])} or {TAKEN[-1]}",
            headers={"Accept-Encoding": ", ".join(TAKEN)},
        )
    return unpack(await request.read(), coding, request.client_max_size)


class LimitedStream:
    """A body as `MultipartReader` reads it, which by itself passes over whatever stands before the first part. Each method is
    StreamReader's, and raises TooLarge once more than `max_bytes` have been read."""

    def __init__(self, content: StreamReader, max_bytes: int):
        self._content = content
        self._max_bytes = max_bytes
        self._read_bytes = 0

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        return self._measured(await self._content.readline(max_line_length=max_line_length))

    async def read(self, n: int = -1) -> bytes:
        return self._measured(await self._content.read(n))

    def unread_data(self, data: bytes) -> None:
        self._read_bytes -= len(data)
        self._content.unread_data(data)

    def at_eof(self) -> bool:
        return self._content.at_eof()

    def _measured(self, data: bytes) -> bytes:
        self._read_bytes += len(data)
        if self._read_bytes > self._max_bytes:
            raise TooLarge(f"the body must have at most {self._max_bytes} bytes")
        return data


def unpack(packed: bytes, coding: str, max_bytes: int) -> bytes:
    """What `packed` holds, if that is whole and has at most `max_bytes`. Raises BadRequest, TooLarge."""
    bits = _deflate_bits(packed) if coding == "deflate" else _GZIP_BITS
    body = b""
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(bits)
        try:
            body += member.decompress(packed, max_bytes - len(body) + 1)
        except zlib.error:
            break
        if len(body) > max_bytes:
            raise TooLarge(f"the body must have at most {max_bytes} bytes once it is unpacked")
        if not member.eof:
            break
        packed = member.unused_data
        if not packed:
            return body
    raise BadRequest(f"The body is cut short or damaged: it is not {coding} to its end")


def _deflate_bits(packed: bytes) -> int:
    """Deflate means zlib's format (RFC 1950), but some send it bare (RFC 1951), whose first byte tells."""
    return zlib.MAX_WBITS if packed and packed[0] & 0x0F == _DEFLATE_METHOD else -zlib.MAX_WBITS
