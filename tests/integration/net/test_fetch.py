"""GET: no more is read than is wanted, and whatever the remote does, it ends."""

import asyncio
from dataclasses import dataclass, field

import pytest

from sokbo.net.client import GuardedClient, RemoteFailure
from tests.integration.net.conftest import Serve

BODY = bytes(range(256)) * 400
MAX_BYTES = 1_000_000


@dataclass(slots=True)
class Source:
    """Answers a GET with these headers and then the body, for as long as it is taken."""

    head: bytes
    body: bytes = BODY
    repeats: bool = False
    requests: list[str] = field(default_factory=list)
    sent_bytes: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.head + b"\r\n\r\n")
        while not writer.is_closing():
            writer.write(self.body)
            await writer.drain()
            self.sent_bytes += len(self.body)
            if not self.repeats:
                return


async def test_length_is_what_the_remote_says_and_no_more_is_read_than_is_enough(client: GuardedClient, serve: Serve) -> None:
    source = Source(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\nContent-Type: image/png", repeats=True)

    fetched = await client.fetch(await serve(source), {"Accept": "image/*"}, lambda begun: len(begun) >= 1000, MAX_BYTES)

    assert (fetched.status, fetched.length, fetched.headers["content-type"]) == (200, 5_000_000_000, "image/png")
    assert 1000 <= len(fetched.beginning) < MAX_BYTES
    assert BODY.startswith(fetched.beginning[:256])
    assert source.requests[0].startswith("GET /hook HTTP/1.1\r\n")
    assert "Accept: image/*" in source.requests[0]
    assert "Accept-Encoding: identity" in source.requests[0]


async def test_length_that_is_not_said_is_counted(client: GuardedClient, serve: Serve) -> None:
    fetched = await client.fetch(await serve(Source(b"HTTP/1.1 200 OK")), {}, lambda _: True, MAX_BYTES)

    assert fetched.length == len(BODY)


async def test_endless_body_is_read_to_the_limit_and_its_length_is_not_known(client: GuardedClient, serve: Serve) -> None:
    source = Source(b"HTTP/1.1 200 OK", repeats=True)

    fetched = await client.fetch(await serve(source), {}, lambda begun: len(begun) >= 100, MAX_BYTES)

    assert fetched.length is None
    assert len(fetched.beginning) < MAX_BYTES


async def test_body_that_is_never_enough_ends_at_the_limit(client: GuardedClient, serve: Serve) -> None:
    source = Source(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000", repeats=True)

    fetched = await client.fetch(await serve(source), {}, lambda _: False, MAX_BYTES)

    assert len(fetched.beginning) <= MAX_BYTES


async def test_length_of_a_packed_body_is_not_the_images(client: GuardedClient, serve: Serve) -> None:
    source = Source(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5000000000", repeats=True)

    assert (await client.fetch(await serve(source), {}, lambda _: True, MAX_BYTES)).length is None


async def test_redirect_is_answered_and_not_followed(client: GuardedClient, serve: Serve) -> None:
    source = Source(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9/x\r\nContent-Length: 0", b"")

    fetched = await client.fetch(await serve(source), {}, lambda _: True, MAX_BYTES)

    assert (fetched.status, fetched.headers["location"]) == (302, "http://127.0.0.9/x")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/x", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/"]
)
async def test_closed_addresses_are_not_asked(client: GuardedClient, url: str) -> None:
    with pytest.raises(RemoteFailure, match=r"blocked_address|invalid_url"):
        await client.fetch(url, {}, lambda _: True, MAX_BYTES)


async def test_body_that_ends_early_or_never_is_a_failure(hasty_client: GuardedClient, serve: Serve) -> None:
    early = Source(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000", b"x")
    with pytest.raises(RemoteFailure, match=r"protocol|disconnected"):
        await hasty_client.fetch(await serve(early), {}, lambda _: False, MAX_BYTES)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
        await asyncio.Event().wait()

    with pytest.raises(RemoteFailure, match="too_slow"):
        await hasty_client.fetch(await serve(hang), {}, lambda _: False, MAX_BYTES)
