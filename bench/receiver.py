"""`python -m bench.receiver COUNT`: that many partners, each an origin of its own on a loopback address, in one lean process.

It prints its port. To each line on its input it answers with one of JSON, what came since the last; it ends with its input.
"""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import uvloop

#: Every so many-th partner's pushes are kept whole, to be verified.
SAMPLE_EVERY = 50
BACKLOG = 128

_HEAD_END = b"\r\n\r\n"
_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def address(index: int) -> str:
    """The loopback address of a partner; Linux answers to all of 127.0.0.0/8."""
    return f"127.77.{index // 250}.{index % 250 + 1}"


@dataclass(slots=True)
class Received:
    """Pushes in all, the partners that had one, and the sample: the partner's address, headers and body."""

    pushes: int = 0
    partners: set[str] = field(default_factory=set)
    sample: list[dict[str, Any]] = field(default_factory=list)


class Partner(asyncio.Protocol):
    """Takes one push on each connection."""

    _transport: asyncio.Transport

    def __init__(self, received: Received):
        self._received = received
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't one by name

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(_HEAD_END)
        if not end:
            return
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        headers = {name.lower(): value for name, value in headers.items()}
        if len(body) < int(headers["content-length"]):
            return
        self._transport.write(_ANSWER)
        self._transport.close()
        self._note(headers, body)

    def _note(self, headers: dict[str, str], body: bytes) -> None:
        received, ours = self._received, self._transport.get_extra_info("sockname")[0]
        received.pushes += 1
        received.partners.add(ours)
        if len(received.partners) % SAMPLE_EVERY == 1:
            received.sample.append({"address": ours, "headers": headers, "body": body.decode()})


def listeners(count: int) -> list[socket.socket]:
    """Sockets on the partners' addresses, all on one port."""
    first = socket.create_server((address(0), 0), backlog=BACKLOG)
    port = first.getsockname()[1]
    return [first, *(socket.create_server((address(index), port), backlog=BACKLOG) for index in range(1, count))]


async def serve(count: int) -> None:
    """Serves until the input ends."""
    loop = asyncio.get_running_loop()
    received = Received()
    sockets = listeners(count)
    servers = [await loop.create_server(lambda: Partner(received), sock=sock) for sock in sockets]
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    _say(sockets[0].getsockname()[1])
    while await commands.readline():
        _say({"pushes": received.pushes, "partners": len(received.partners), "sample": received.sample})
        received.pushes, received.partners, received.sample = 0, set(), []
    for server in servers:
        server.close()


def _say(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
