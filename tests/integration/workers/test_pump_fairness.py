"""The pump against partners who hang, with real receivers."""

import asyncio
import time
from contextlib import ExitStack

from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_pump import pumping, until
from tests.receiver import receiving

HANGING_PARTNERS = 20
ARTICLES = 10
MAX_DELAY_SECONDS = 1.0


async def test_partners_who_hang_delay_a_healthy_one_by_less_than_a_second(bureau: Bureau) -> None:
    with ExitStack() as stack:
        hanging = [stack.enter_context(receiving()) for _ in range(HANGING_PARTNERS)]
        healthy = stack.enter_context(receiving())
        for receiver in hanging:
            receiver.hanging = True
            bureau.newsroom.subscribe(receiver.url)
        for _ in range(ARTICLES):
            bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: all(receiver.pushes for receiver in hanging))
            bureau.newsroom.subscribe(healthy.url)
            bureau.newsroom.post()
            await asyncio.to_thread(bureau.syndicate)
            began = time.monotonic()
            pump.wake()
            await until(lambda: healthy.pushes)
            assert time.monotonic() - began < MAX_DELAY_SECONDS
            for receiver in hanging:
                receiver.ended.set()
