"""From POST to visible: how long until a reader's feed has an article, while the system has nothing else to do.

From just before the POST is sent to the feed's answer that has it; the feed is polled every 2 ms over a connection of its own.
Beside it what no design on this stack goes below: one commit on the same disk and the start of one empty Celery task.
"""

import asyncio
import time
from collections.abc import Sequence

import uvloop

from bench.article import headline, news
from bench.connection import Connection, connected, get, post, post_article, wait_for_text
from bench.floor import commit_seconds, task_start_seconds
from bench.measurement import Measurement, percentile
from bench.system import SITE, System, running

POSTS = 100
FLOOR_SAMPLES = 100
POLL_SECONDS = 0.002
#: Between two posts, so that each finds the system idle; no multiple of the sweep's interval.
PAUSE_SECONDS = 0.037
MOST_MILLISECONDS = {50: 20.0, 99: 60.0}
FLOOR = "one commit and one empty task"


def measure(posts: int = POSTS, floor_samples: int = FLOOR_SAMPLES) -> Sequence[Measurement]:
    """The median and the 99th percentile."""
    with running() as system:
        seconds = uvloop.run(_publish(system, posts))
        commits = commit_seconds(system.settings.data, floor_samples)
        starts = task_start_seconds(system.settings, floor_samples)
    return [
        Measurement(
            f"POST to visible, p{percent}",
            percentile(seconds, percent) * 1000,
            "ms",
            limit=(percentile(commits, percent) + percentile(starts, percent)) * 1000,
            limit_name=FLOOR,
            at_most=most,
        )
        for percent, most in MOST_MILLISECONDS.items()
    ]


async def _publish(system: System, posts: int) -> list[float]:
    async with connected(system) as publisher, connected(system) as reader:
        await _seconds_until_visible(system, publisher, reader, 0)  # opens the connections to database and broker
        seconds = []
        for number in range(1, posts + 1):
            await asyncio.sleep(PAUSE_SECONDS)
            seconds.append(await _seconds_until_visible(system, publisher, reader, number))
        return seconds


async def _seconds_until_visible(system: System, publisher: Connection, reader: Connection, number: int) -> float:
    request = post_article(system, news(number))
    began = time.perf_counter()
    posted = asyncio.create_task(post(publisher, request))
    await wait_for_text(reader, get(f"/{SITE}/feed.json"), headline(number).encode(), POLL_SECONDS)
    ended = time.perf_counter()
    await posted
    return ended - began
