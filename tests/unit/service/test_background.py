import asyncio

from structlog.testing import capture_logs

from service.background import repeat


async def test_work_that_fails_is_logged_and_done_again() -> None:
    times = 0
    worked = asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times < 3:
            raise TypeError("a bug")
        worked.set()

    with capture_logs() as logs:
        task = asyncio.create_task(repeat("work", work, 0))
        await worked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert [(entry["event"], entry["work"]) for entry in logs] == [("background_work_failed", "work")] * 2
