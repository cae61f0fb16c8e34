"""How much memory everything takes that `sokbo up` starts, and it itself, idle: PSS, which counts a shared page once.

Pages that it shares with processes of others, such as the interpreter's own with this benchmark's, count in part.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import uvloop

from bench.article import headline, news
from bench.connection import connected, get, post, post_article, wait_for_text
from bench.measurement import Measurement
from bench.system import SITE, System, running

QUIET_SECONDS = 5.0
MOST_MEGABYTES = 300.0


def measure(quiet_seconds: float = QUIET_SECONDS) -> Sequence[Measurement]:
    """Every process's memory, and the sum, after one article has been published and some quiet."""
    with running() as system:
        uvloop.run(_publish_one(system))
        time.sleep(quiet_seconds)
        supervisor = psutil.Process(system.process.pid)
        sizes = [(_title(process), _pss_megabytes(process)) for process in [supervisor, *supervisor.children(recursive=True)]]
    each = [Measurement(f"memory, {title}", size, "MB") for title, size in sizes]
    return [*each, Measurement("memory, idle, in all", sum(size for _, size in sizes), "MB", at_most=MOST_MEGABYTES)]


async def _publish_one(system: System) -> None:
    async with connected(system) as connection:
        await post(connection, post_article(system, news(1)))
        await wait_for_text(connection, get(f"/{SITE}/feed.json"), headline(1).encode(), every_seconds=0.01)


def _title(process: psutil.Process) -> str:
    """What `ps` says, without paths and options, which differ from machine to machine."""
    words = " ".join(process.cmdline()).split()
    return " ".join(Path(word).name for word in words[:3] if not word.startswith(("-", "unixsocket:")))


def _pss_megabytes(process: psutil.Process) -> float:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    kibibytes = next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(kibibytes) * 1024 / 1e6
