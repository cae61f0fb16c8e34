"""Deliveries a second: one breaking article to 1,000 partners, each an origin of its own, by signed webhook.

From just before the POST is sent until the last delivery is recorded as acknowledged in the database. Beside it a bare aiohttp
loop that signs and posts the same bodies to the same origins, as many at once, and keeps nothing. Both open a new
connection for each.
"""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import aiohttp
import orjson
import uvloop
from standardwebhooks import Webhook

from bench.article import news
from bench.connection import connected, post, post_article
from bench.measurement import Measurement
from bench.receiver import address
from bench.system import System, running
from sokbo.domain.delivery import DeliveryState
from sokbo.net.signing import sign

PARTNERS = 1_000
ROUNDS = 5
POLL_SECONDS = 0.01
LONGEST_SECONDS = 60.0
LEAST_PER_SECOND = 2_000.0


def measure(partners: int = PARTNERS, rounds: int = ROUNDS) -> Sequence[Measurement]:
    """The median of rounds; every push of the sample is verified. Raises RuntimeError if a partner was left out."""
    with _receiver(partners) as receiver:
        urls = [f"http://{address(index)}:{receiver.port}/hook" for index in range(partners)]
        with running(urls) as system:
            ours, bare = [], []
            for number in range(rounds):
                ours.append(partners / uvloop.run(_push_all(system, number, partners)))
                received = receiver.report()
                _check(received, partners, system.secrets, receiver.port)
                body = received["sample"][0]["body"].encode()
                bare.append(partners / uvloop.run(_bare(system.secrets, body, system.settings.pushes_in_flight)))
                receiver.report()
    return [
        Measurement(
            f"deliveries to {partners:,} partners",
            statistics.median(ours),
            "/s",
            limit=statistics.median(bare),
            limit_name="bare aiohttp loop",
            at_least=LEAST_PER_SECOND,
        )
    ]


async def _push_all(system: System, number: int, partners: int) -> float:
    """Seconds from just before the POST until all deliveries are acknowledged."""
    request = post_article(system, news(number, breaking=True))
    with closing(sqlite3.connect(system.settings.data / "sokbo.db")) as database:
        async with connected(system) as connection, asyncio.timeout(LONGEST_SECONDS):
            began = time.perf_counter()
            article_id = orjson.loads(await post(connection, request))["id"]
            while _acknowledged(database, article_id) < partners:  # noqa: ASYNC110  # another process's rows: no event tells
                await asyncio.sleep(POLL_SECONDS)
            return time.perf_counter() - began


def _acknowledged(database: sqlite3.Connection, article_id: str) -> int:
    statement = "SELECT count(*) FROM deliveries WHERE article_id = ? AND state = ?"
    (count,) = database.execute(statement, (article_id, DeliveryState.ACKNOWLEDGED)).fetchone()
    return int(count)


def _check(received: Mapping[str, Any], partners: int, secrets: Mapping[str, str], port: int) -> None:
    """Raises RuntimeError if a partner had nothing or something twice, WebhookVerificationError for a bad signature."""
    if (received["partners"], received["pushes"]) != (partners, partners):
        raise RuntimeError(f"{received['partners']} of {partners} partners had {received['pushes']} pushes")
    for push in received["sample"]:
        Webhook(secrets[f"http://{push['address']}:{port}/hook"]).verify(push["body"], push["headers"])


async def _bare(secrets: Mapping[str, str], body: bytes, in_flight: int) -> float:
    """Seconds that it takes to sign and post the body to every URL."""
    waiting = iter(enumerate(secrets.items()))
    connector = aiohttp.TCPConnector(limit=in_flight, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post_some() -> None:
            for number, (url, secret) in waiting:
                webhook_id, timestamp = f"bare-{number}", int(time.time())
                headers = {
                    "content-type": "application/json",
                    "webhook-id": webhook_id,
                    "webhook-timestamp": str(timestamp),
                    "webhook-signature": sign([secret], webhook_id, timestamp, body),
                }
                async with session.post(url, data=body, headers=headers) as answer:
                    answer.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(post_some() for _ in range(in_flight)))
        return time.perf_counter() - began


class _Receiver:
    """The partners' process."""

    def __init__(self, process: subprocess.Popen[bytes]):
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout
        self.port: int = orjson.loads(self._output.readline())

    def report(self) -> dict[str, Any]:
        """What came since the last report."""
        self._input.write(b"\n")
        self._input.flush()
        answer: dict[str, Any] = orjson.loads(self._output.readline())
        return answer


@contextmanager
def _receiver(partners: int) -> Iterator[_Receiver]:
    command = [sys.executable, "-m", "bench.receiver", str(partners)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield _Receiver(process)  # leaving closes its input, and it ends
