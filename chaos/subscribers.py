"""WebSub subscribers, each a real server on a loopback address of its own that keeps what it was sent."""

import asyncio
import hmac
import random
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import aiohttp

from chaos.feeds import Entry, Torn, parse
from chaos.partners import read_head, say
from chaos.system import SITE

TOPICS = ("feed.atom", "feed.rss", "breaking.json")
FAILING_SHARE = 0.15
CONFIRM_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Content:
    """A feed that was sent; `flaw`: why it isn't valid."""

    entries: Sequence[Entry] = ()
    flaw: str = ""


@dataclass(slots=True)
class Subscriber:
    """Takes one feed, and fails now and then if it is flaky."""

    path: str
    callback: str
    rng: random.Random
    is_flaky: bool = False
    secret: str = field(default_factory=secrets.token_urlsafe)
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)
    contents: list[Content] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request."""
        # Cancelled only when the run is over; asyncio would print what it takes for a bug.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            line, headers = await read_head(reader)
            method, target, _ = line.split(" ")
            if method == "GET":
                await say(writer, "200 OK", body=parse_qs(urlsplit(target).query)["hub.challenge"][0])
                self.confirmed.set()
            elif self.is_flaky and self.rng.random() < FAILING_SHARE:
                await say(writer, "500 Internal Server Error")
            else:
                body = await reader.readexactly(int(headers["content-length"]))
                self.contents.append(read_content(self.path, self.secret, headers.get("x-hub-signature", ""), body))
                await say(writer, "204 No Content")
        writer.close()

    async def subscribe(self, session: aiohttp.ClientSession, url: str) -> None:
        """Returns once it has confirmed. Raises aiohttp.ClientError, TimeoutError."""
        async with session.get(f"{url}/{SITE}/{self.path}") as response:
            topic, hub = str(response.links["self"]["url"]), str(response.links["hub"]["url"])
        form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": self.callback, "hub.secret": self.secret}
        async with session.post(hub, data=form) as response:
            response.raise_for_status()
        await asyncio.wait_for(self.confirmed.wait(), CONFIRM_SECONDS)


def read_content(path: str, secret: str, signature: str, body: bytes) -> Content:
    """What was sent, once its signature is checked (WebSub section 8.1)."""
    if signature != f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}":
        return Content(flaw=f"the signature {signature!r} is not the body's")
    try:
        return Content(parse(path.rpartition(".")[2], body))
    except Torn as error:
        return Content(flaw=str(error))


@asynccontextmanager
async def subscribing(rng: random.Random) -> AsyncIterator[list[Subscriber]]:
    """A steady and a flaky one for each topic, listening."""
    async with AsyncExitStack() as stack:
        subscribers = []
        for index, (path, is_flaky) in enumerate([(path, is_flaky) for path in TOPICS for is_flaky in (False, True)], start=1):
            listener = socket.create_server((f"127.67.{rng.randint(1, 250)}.{index}", 0))
            host, port = listener.getsockname()
            subscriber = Subscriber(path, f"http://{host}:{port}/callback", random.Random(rng.random()), is_flaky)
            subscribers.append(subscriber)
            server = await asyncio.start_server(subscriber.serve, sock=listener)
            stack.callback(server.close)
        yield subscribers
