"""Writes for all requests of the process, one transaction at a time, and several requests in one (group commit).

One writer suits SQLite, which has one lock, and saves the wait for the disk: deeds that come while it commits share the next
commit. Each runs within a savepoint, so that one that fails takes nothing of the others with it.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sokbo.errors import SokboError, Unavailable
from sokbo.storage import Database, UnitOfWork

MAX_TOGETHER = 64
MAX_WAITING = 2000

T = TypeVar("T")


@dataclass(slots=True)
class _Waiting:
    deed: Callable[[UnitOfWork], Any]
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """One per process; a thread of its own."""

    def __init__(self, database: Database):
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, deed: Callable[[UnitOfWork], T]) -> T:
        """What the deed returns, once it is committed. Raises what it raises, and Unavailable if it can't be written."""
        if self._queue.qsize() >= MAX_WAITING:
            raise Unavailable("too many requests wait for the database", headers={"Retry-After": "1"})
        waiting = _Waiting(deed, self._loop.create_future())
        self._queue.put(waiting)
        result: T = await waiting.answer
        return result

    def close(self) -> None:
        """Finishes what waits, and ends."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            together = [first, *self._more()]
            self._write([waiting for waiting in together if waiting is not None])
            self._loop.call_soon_threadsafe(_answer, together)
            if None in together:
                return

    def _more(self) -> list[_Waiting | None]:
        more: list[_Waiting | None] = []
        while len(more) < MAX_TOGETHER - 1 and None not in more:
            try:
                more.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return more

    def _write(self, together: Sequence[_Waiting]) -> None:
        try:
            with self._database.write() as uow:
                for waiting in together:
                    _do(uow, waiting)
                uow.commit()
        except SokboError as error:
            for waiting in together:
                waiting.error = waiting.error or error


def _do(uow: UnitOfWork, waiting: _Waiting) -> None:
    try:
        with uow.savepoint():
            waiting.result = waiting.deed(uow)
    except SokboError as error:
        if isinstance(error, Unavailable):
            raise
        waiting.error = error


def _answer(together: Sequence[_Waiting | None]) -> None:
    for waiting in together:
        if waiting is None or waiting.answer.cancelled():
            continue
        if waiting.error is not None:
            waiting.answer.set_exception(waiting.error)
        else:
            waiting.answer.set_result(waiting.result)
