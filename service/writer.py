"""Writes for all requests of the process, one transaction at a time, and several requests in one (group commit).

One writer suits SQLite, which has one lock, and saves the wait for the disk: operations that come while it commits share the next
commit. An operation that is refused before it has written anything harms no other. Where one fails later, nothing of that
transaction remains: those before it are done anew, then it by itself, then the rest; each by itself, if it doesn't show whose
failure it is.
So an operation must be a function of what it finds in the database.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sokbo.errors import SokboError, Unavailable
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.session import DatabaseUnavailable, Locked, TransactionConflict

MAX_TOGETHER = 64
MAX_WAITING = 2000
#: How long a group that is smaller than the last one waits for the next that comes. One that comes alone waits for nobody.
GATHER_SECONDS = 0.003
#: And for all of them together, so that a stream of them doesn't keep those that came first.
GATHERED_SECONDS = 0.02
#: Whoever has waited so long, for others' turns and for the database's lock together, is told to try again.
MAX_WAIT_SECONDS = 5.0
#: How long to wait for the database's lock at least: those whose time is up one after the other leave together.
LEAST_LOCK_SECONDS = 0.2
_RETRY = {"Retry-After": "1"}

T = TypeVar("T")


def _nothing(_result: object) -> None:
    """For operations that nobody else waits for."""


@dataclass(slots=True)
class _Waiting:
    operation: Callable[[UnitOfWork], Any]
    wake: Callable[[Any], None]
    answer: asyncio.Future[Any]
    since: float = field(default_factory=time.monotonic)
    result: Any = None
    error: BaseException | None = None
    refusal: SokboError | None = None  # the error to be, if the transaction that it was found in is kept
    woken: bool = False

    def seconds_left(self) -> float:
        return self.since + MAX_WAIT_SECONDS - time.monotonic()

    def lock_seconds(self) -> float:
        """How long the database's lock may be waited for."""
        return max(LEAST_LOCK_SECONDS, self.seconds_left())


class Writer:
    """One per process; a thread of its own. `do` and `close` are for the loop that it was made in."""

    def __init__(self, database: Database):
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def do(self, operation: Callable[[UnitOfWork], T], wake: Callable[[T], None] = _nothing) -> T:
        """What the operation returns, once it is committed. Raises what it raises, and Unavailable if it can't be written.

        `wake(result)` runs in the writer's thread: on SQLite before the commit, since whoever it wakes has to wait for that, else
        after it. It may run for an operation that is rolled back in the end. It must return at once and never raise.
        """
        if self._closing:
            raise Unavailable("the service is ending", headers=_RETRY)
        if self._queue.qsize() >= MAX_WAITING:
            raise Unavailable("too many requests wait for the database", headers=_RETRY)
        waiting = _Waiting(operation, wake, self._loop.create_future())
        self._queue.put(waiting)
        result: T = await waiting.answer
        return result

    async def close(self) -> None:
        """Finishes what waits, and ends."""
        self._closing = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        taken: list[_Waiting | None] = []
        while None not in taken and not self._loop.is_closed():
            taken = self._take(len(taken))
            together = [waiting for waiting in taken if waiting is not None]
            self._write(together)
            _wake([waiting for waiting in together if waiting.error is None])
            self._tell(together)

    def _tell(self, those: Sequence[_Waiting]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_answer, those)

    def _take(self, expected: int) -> list[_Waiting | None]:
        """What waits, up to the end if that has come. As many as came together last time are likely to come together again, and
        each is given a moment for it: whoever posts in parallel sends the next as soon as the last is answered."""
        taken = [self._queue.get()]
        deadline = time.monotonic() + GATHERED_SECONDS
        while taken[-1] is not None and len(taken) < MAX_TOGETHER:
            try:
                left = min(GATHER_SECONDS, max(0.0, deadline - time.monotonic())) if len(taken) < expected else 0.0
                taken.append(self._queue.get(timeout=left))
            except queue.Empty:
                break
        return taken

    def _write(self, together: Sequence[_Waiting]) -> None:
        """Does the operations, in their order. As long as others hold the lock, those whose time is up leave, and the rest go on
        waiting for it."""
        rest = self._in_time(together)
        while rest:
            try:
                failed = self._do_together(rest)
            except Locked:
                rest = self._in_time(rest)
                continue
            if failed is None:
                return
            if failed == len(rest):
                for waiting in rest:
                    self._do_alone(waiting)
                return
            self._write(rest[:failed])
            self._do_alone(rest[failed])
            rest = self._in_time(rest[failed + 1 :])

    def _in_time(self, together: Sequence[_Waiting]) -> list[_Waiting]:
        """Those who have time left; the others are told at once."""
        late = [waiting for waiting in together if waiting.seconds_left() <= 0]
        for waiting in late:
            waiting.error = Unavailable("the database is busy", headers=_RETRY)
        if late:
            self._tell(late)
        return [waiting for waiting in together if waiting.error is None]

    def _do_together(self, together: Sequence[_Waiting]) -> int | None:
        """Does the operations in one transaction. None: each has its result or its error. A number: the place of the one that
        failed, or how many there are, if none of them did but the whole; then nothing is kept.

        Raises Locked if the lock can't be had while there is time left for all.
        """
        place = 0
        try:
            with self._database.write(wait_seconds=min(waiting.lock_seconds() for waiting in together)) as uow:
                for waiting in together:
                    waiting.refusal = _do(waiting, uow)
                    place += 1
                if self._database.has_one_writer:  # whoever is woken takes as long as the disk does, and waits for the lock
                    uow.flush()
                    _wake([waiting for waiting in together if waiting.refusal is None])
                uow.commit_for_certain()
        except TransactionConflict:  # another service's group locks the same in another order; single ones all have one
            return len(together)
        except Locked:
            raise
        except DatabaseUnavailable as error:
            for waiting in together:
                waiting.error = error
        except Exception:  # noqa: BLE001 it is raised again when that one is done alone
            return place
        else:
            for waiting in together:
                waiting.error = waiting.refusal
        return None

    def _do_alone(self, waiting: _Waiting) -> None:
        waiting.woken = False
        try:
            with self._database.write(wait_seconds=waiting.lock_seconds()) as uow:
                waiting.result = waiting.operation(uow)
                uow.commit_for_certain()
        except Exception as error:  # noqa: BLE001 the request raises it, and the thread serves the next ones
            waiting.error = error


def _do(waiting: _Waiting, uow: UnitOfWork) -> SokboError | None:
    """Why the operation is refused, if it is before it has written anything. Raises whatever else it raises."""
    changes = uow.changes
    try:
        waiting.result = waiting.operation(uow)
    except DatabaseUnavailable:
        raise
    except SokboError as error:
        if uow.changes != changes:
            raise
        return error
    return None


def _wake(together: Sequence[_Waiting]) -> None:
    for waiting in together:
        if not waiting.woken:
            waiting.woken = True
            waiting.wake(waiting.result)


def _answer(together: Sequence[_Waiting]) -> None:
    for waiting in together:
        if waiting.answer.done():  # the request was cancelled
            continue
        if waiting.error is not None:
            waiting.answer.set_exception(waiting.error)
        else:
            waiting.answer.set_result(waiting.result)
