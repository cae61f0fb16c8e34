"""`python -m service` told to end: what is under way is finished, what waits is let go, all within its time."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sokbo.cli.startup_checks import free_port
from sokbo.settings import Settings
from tests.integration.service.edge.running import make_site
from tests.integration.service.reading.serving import Connection

SHUTDOWN_SECONDS = 3.0
START_SECONDS = 20.0


@asynccontextmanager
async def service_process(folder: Path) -> AsyncIterator[tuple[Process, int, str]]:
    """A service in a process of its own, its port, and a key to it."""
    port = free_port("127.0.0.1", 0)
    redis_url = f"unix://{folder}/no-broker"
    key = make_site(Settings(data=folder))
    environment = os.environ | {
        "SOKBO_DATA": str(folder),
        "SOKBO_PORT": str(port),
        "SOKBO_REDIS_URL": redis_url,
        "SOKBO_SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service", env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        while b"service_ready" not in await asyncio.wait_for(process.stderr.readline(), START_SECONDS):
            assert process.returncode is None
        yield process, port, key
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def dial(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port))


def half_sent(key: str) -> tuple[str, ...]:
    """The head of a POST whose sender waits to be asked for the body, so that it is known to be under way."""
    length = ("Content-Type: text/plain", "Content-Length: 12", "Expect: 100-continue")
    return ("POST /v1/articles HTTP/1.1", f"Authorization: Bearer {key}", *length)


async def test_what_is_under_way_is_finished_and_idle_connections_are_closed(tmp_path: Path) -> None:
    async with service_process(tmp_path) as (process, port, key), await dial(port) as idle, await dial(port) as posting:
        assert (await idle.ask("GET /healthz HTTP/1.1")).status == 200
        posting.send(*half_sent(key))
        await posting.reader.readuntil(b"\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        assert await idle.is_closed_by_server()
        assert process.returncode is None
        posting.writer.write(b"Title\n\nText.")
        assert (await posting.reply()).status == 201
        assert await posting.is_closed_by_server()
        assert await asyncio.wait_for(process.wait(), SHUTDOWN_SECONDS) == 0


async def test_who_never_finishes_is_not_waited_for_without_end(tmp_path: Path) -> None:
    async with service_process(tmp_path) as (process, port, key), await dial(port) as half, await dial(port) as stuck:
        half.writer.write(b"GET /heal")
        stuck.send(*half_sent(key))
        await stuck.reader.readuntil(b"\r\n\r\n")
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), START_SECONDS) == 0
        assert time.monotonic() - told < 2 * SHUTDOWN_SECONDS
