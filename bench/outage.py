"""POSTs while the broker is down: how long they take, and how soon all is out when it is back.

A killed broker is killed again as often as `sokbo up` starts it anew; a frozen one is stopped as often as it is replaced.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import psutil
import uvloop

from bench.article import headline, news
from bench.connection import connected, get, post, post_article, wait_for_text
from bench.measurement import Measurement, percentile
from bench.system import SITE, System, running, wait_until
from sokbo.broker_process import answers

POSTS = 400
CONNECTIONS = 4
#: From one post to the next on each connection: 80 posts a second in all, so that the broker is down for five seconds.
EVERY_SECONDS = 0.05
HOLD_SECONDS = 0.02
BACK_SECONDS = 15.0
POLL_SECONDS = 0.01
PERCENT = 99
MOST_MILLISECONDS = 250.0
MOST_SECONDS_UNTIL_OUT = 5.0
FAULTS = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}


def measure(posts: int = POSTS) -> Sequence[Measurement]:
    """For each fault the 99th percentile of the POSTs, and the seconds from the broker's return until the last is visible."""
    figures = []
    for word, number in FAULTS.items():
        with running() as system:
            seconds, until_out = uvloop.run(_post_through(system, number, posts))
        millis = percentile(seconds, PERCENT) * 1000
        figures += [
            Measurement(f"POST while the broker is {word}, p{PERCENT}", millis, "ms", at_most=MOST_MILLISECONDS),
            Measurement(f"all out after a {word} broker's return", until_out, "s", at_most=MOST_SECONDS_UNTIL_OUT),
        ]
    return figures


async def _post_through(system: System, number: signal.Signals, posts: int) -> tuple[list[float], float]:
    async with connected(system) as reader:
        await _post_some(system, [posts])  # opens the connections to database and broker
        await wait_for_text(reader, get(f"/{SITE}/feed.json"), headline(posts).encode(), POLL_SECONDS)
        async with _held_down(system, number):
            each = [range(first, posts, CONNECTIONS) for first in range(CONNECTIONS)]
            seconds = [item for some in await asyncio.gather(*(_post_some(system, mine) for mine in each)) for item in some]
        await asyncio.to_thread(wait_until, lambda: answers(system.settings.broker_socket), BACK_SECONDS)
        back_at = time.perf_counter()
        for last in range(posts - CONNECTIONS, posts):
            await wait_for_text(reader, get(f"/{SITE}/feed.json"), headline(last).encode(), POLL_SECONDS)
    return seconds, time.perf_counter() - back_at


async def _post_some(system: System, numbers: Sequence[int]) -> list[float]:
    """The seconds that each took, begun at a steady pace however long the one before has taken."""
    seconds = []
    async with connected(system) as connection:
        began = time.perf_counter()
        for index, number in enumerate(numbers):
            await asyncio.sleep(began + index * EVERY_SECONDS - time.perf_counter())
            asked = time.perf_counter()
            await post(connection, post_article(system, news(number)))
            seconds.append(time.perf_counter() - asked)
    return seconds


@asynccontextmanager
async def _held_down(system: System, number: signal.Signals) -> AsyncIterator[None]:
    """While it is open, no broker lives for longer than a moment; those that are frozen at the end go on."""
    holding = asyncio.create_task(_hold_down(system, number))
    await asyncio.to_thread(wait_until, lambda: not answers(system.settings.broker_socket), BACK_SECONDS)
    try:
        yield
    finally:
        holding.cancel()
        for pid in _brokers(system):
            os.kill(pid, signal.SIGCONT)


async def _hold_down(system: System, number: signal.Signals) -> None:
    while True:
        for pid in _brokers(system):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        await asyncio.sleep(HOLD_SECONDS)


def _brokers(system: System) -> list[int]:
    found = []
    for child in psutil.Process(system.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "valkey" in child.name() or "redis" in child.name():
                found.append(child.pid)
    return found
