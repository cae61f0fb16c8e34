"""What goes on beside the requests, and doesn't stop because it failed once."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def repeat(name: str, work: Callable[[], Awaitable[None]], pause_seconds: float) -> None:
    """Does the work for ever, with that pause after each time. Whatever it raises is logged."""
    while True:
        try:
            await work()
        except Exception:  # a bug must not end for good what keeps the service fresh and safe
            log.exception("background_work_failed", work=name)
        await asyncio.sleep(pause_seconds)
