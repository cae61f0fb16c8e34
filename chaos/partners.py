"""Partners of every manner, each a real server on a loopback address of its own that keeps what it was sent."""

import asyncio
import math
import random
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from chaos.clock import SECONDS_OFF

#: Longer than Sokbo waits for any answer, and an end to what we do to it.
HOSTILE_SECONDS = 20.0
#: What the library allows a timestamp.
TOLERANCE_SECONDS = 300.0
ENDLESS_BYTES = 16 * 1024 * 1024
_CHUNK = b"x" * 16384


class Manner(StrEnum):
    HEALTHY = "healthy"
    FLAKY = "flaky"
    SLOW = "slow"
    DOWN = "down"
    ENDLESS = "endless"
    DRIP = "drip"
    LOOP = "loop"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Character:
    """Who a partner is. `desk`: wants only that category; `breaking_only`: only what breaks."""

    name: str
    manner: Manner = Manner.HEALTHY
    content: str = "summary"
    desk: str = ""
    breaking_only: bool = False

    def wants(self, event_type: str, *, breaking: bool, desk: str) -> bool:
        """True if such an event must reach it."""
        if self.breaking_only and (not breaking or event_type == "article.published"):
            return False
        return not self.desk or desk == self.desk

    @property
    def is_healthy(self) -> bool:
        return self.manner is Manner.HEALTHY


CAST = (
    Character("everything"),
    Character("in-full", content="full"),
    Character("breaking", breaking_only=True, content="link"),
    Character("one-desk", desk="desk-0"),
    *(Character(manner.value, manner) for manner in Manner if manner is not Manner.HEALTHY),
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One push that came. `at` is monotonic seconds; `revision` is infinite for a withdrawal; `flaw`: why it isn't valid."""

    at: float
    webhook_id: str
    type: str = ""
    sequence: int = 0
    article_id: str = ""
    revision: float = 0.0
    flaw: str = ""


@dataclass(slots=True)
class Partner:
    """A character at work. `strays` are requests that it should never have had."""

    character: Character
    url: str
    rng: random.Random
    secret: str = ""
    id: str = ""
    receipts: list[Receipt] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request."""
        # Cancelled only when the run is over; asyncio would print what it takes for a bug.
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(HOSTILE_SECONDS):
                line, headers = await read_head(reader)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if not line.startswith("POST /hook "):
                    self.strays.append(line)
                self.receipts.append(read_receipt(self.secret, headers, body))
                await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        match self.character.manner:
            case Manner.FLAKY if self.rng.random() < 0.15:
                writer.transport.abort()
            case Manner.FLAKY if self.rng.random() < 0.15:
                await say(writer, "500 Internal Server Error")
            case Manner.LOOP:
                await say(writer, "302 Found", f"Location: {self.url}/again\r\n")
            case Manner.ENDLESS:
                await _pour(writer, _CHUNK, ENDLESS_BYTES, pause_seconds=0.0)
            case Manner.DRIP:
                await _pour(writer, b"x", int(HOSTILE_SECONDS), pause_seconds=1.0)
            case Manner.HANG:
                await asyncio.sleep(HOSTILE_SECONDS)
            case Manner.SLOW:
                await asyncio.sleep(self.rng.uniform(1.0, 5.0))
                await say(writer, "204 No Content")
            case _:
                await say(writer, "204 No Content")


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """A request's first line, and its headers by names in lower case."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.strip().split("\r\n")
    return line, {name.lower(): value for name, _, value in (field.partition(": ") for field in rest)}


async def say(writer: asyncio.StreamWriter, status: str, headers: str = "", body: str = "") -> None:
    """Answers; `body` is ASCII."""
    writer.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
    await writer.drain()


async def _pour(writer: asyncio.StreamWriter, drop: bytes, total_bytes: int, pause_seconds: float) -> None:
    """A body whose end the other side won't see in its time."""
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")
    for _ in range(0, total_bytes, len(drop)):
        writer.write(drop)
        await writer.drain()
        await asyncio.sleep(pause_seconds)


def read_receipt(secret: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """What a push says, once the public library has verified it."""
    now, webhook_id = time.monotonic(), headers.get("webhook-id", "")
    try:
        _verify(secret, headers, body)
        payload: dict[str, Any] = orjson.loads(body)
        article = payload["data"]["article"]
        return Receipt(
            at=now,
            webhook_id=webhook_id,
            type=payload["type"],
            sequence=payload["data"]["sequence"],
            article_id=article["id"],
            revision=math.inf if article["state"] == "withdrawn" else article["revision"],
        )
    except (WebhookVerificationError, orjson.JSONDecodeError, KeyError, ValueError) as error:
        return Receipt(now, webhook_id, flaw=f"{type(error).__name__}: {error}")


def _verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """As the library's `verify` does, but for clocks that may be off: a partner on the same machine would see the same.

    Raises WebhookVerificationError, KeyError, ValueError.
    """
    sent_at = int(headers["webhook-timestamp"])
    signature = Webhook(secret).sign(headers["webhook-id"], datetime.fromtimestamp(sent_at, UTC), body.decode())
    if signature not in headers["webhook-signature"].split(" "):
        raise WebhookVerificationError("No matching signature found")
    if not any(abs(time.time() + off - sent_at) <= TOLERANCE_SECONDS for off in SECONDS_OFF):
        raise WebhookVerificationError("Message timestamp too old or too new")


@asynccontextmanager
async def receiving(rng: random.Random) -> AsyncIterator[list[Partner]]:
    """The whole cast, listening; the one that is down has an address where nobody does."""
    async with AsyncExitStack() as stack:
        partners = []
        for index, character in enumerate(CAST, start=1):
            listener = socket.create_server((f"127.66.{rng.randint(1, 250)}.{index}", 0))
            host, port = listener.getsockname()
            partner = Partner(character, f"http://{host}:{port}/hook", random.Random(rng.random()))
            partners.append(partner)
            if character.manner is Manner.DOWN:
                listener.close()
            else:
                server = await asyncio.start_server(partner.serve, sock=listener)
                stack.callback(server.close)
        yield partners
