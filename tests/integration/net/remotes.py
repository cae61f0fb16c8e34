"""How remotes behave in the tests, well and badly."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class Remote:
    """Answers every request with the same bytes, and remembers what came."""

    reply: bytes = OK
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await read_request(reader))
        writer.write(self.reply)
        await writer.drain()


async def read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """The headers, their names in lower case and the request line under '', and the body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {"": request_line} | {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers, await reader.readexactly(int(headers["content-length"]))


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.Event().wait()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def drip_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10_000):
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


@dataclass(slots=True)
class Endless:
    """A status, and then bytes for as long as they are taken."""

    status: int = 200
    sent_bytes: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 %d Status\r\n\r\n" % self.status)
        while not writer.is_closing():
            writer.write(b"x" * 4096)
            await writer.drain()
            self.sent_bytes += 4096


async def endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


@dataclass(slots=True)
class Flood:
    """Begins as it is told and goes on with the same bytes for as long as they are taken."""

    beginning: bytes
    repeated: bytes
    sent_bytes: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(self.beginning)
        batch = self.repeated * (64 * 1024 // len(self.repeated))
        while not writer.is_closing():
            writer.write(batch)
            await writer.drain()
            self.sent_bytes += len(batch)


def flood_of_interim_responses() -> Flood:
    return Flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")


def endless_chunk_extension() -> Flood:
    return Flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5", b";a=b")


def endless_trailers() -> Flood:
    return Flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", b"X-More: 1\r\n")


def tiny_chunks(count: int) -> bytes:
    """An answer with that many bytes of body, each in a chunk of its own."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * count + b"0\r\n\r\n"
