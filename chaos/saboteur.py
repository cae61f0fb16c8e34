"""Carries out the faults, notes what was really done, and puts everything right again."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg
import redis

from chaos.faults import Fault, FaultKind
from chaos.postgresql import NAME as POSTGRESQL
from chaos.postgresql import forbid_writing
from chaos.system import System
from sokbo.broker import redis_url

#: What a full disk still lets a process write to a file. The system must live without root, so the limit is the process's
#: own: a write beyond it fails with EFBIG in the place of ENOSPC, which SQLite takes for the same kind of error.
FULL_BYTES = 4096
LOCK_WAIT_SECONDS = 5.0
POLL_SECONDS = 0.1
BROKER = "broker"
#: The one would be killed by the signal that comes with the error; the other's user may not be ours.
UNLIMITED = frozenset({BROKER, POSTGRESQL})


@dataclass(frozen=True, slots=True)
class Done:
    """A fault that was done; `ended_at` (monotonic) is when all was right again but for its consequences."""

    kind: FaultKind
    target: str
    ended_at: float


def kinds_for(system: System) -> list[FaultKind]:
    """The faults that can be done to that system: SQLite's files can't be made read-only for root, and the clock can be set off
    only where there is a C compiler."""
    impossible = {FaultKind.READ_ONLY} if system.is_embedded else set()
    if system.clock.library is None:
        impossible.add(FaultKind.CLOCK)
    return [kind for kind in FaultKind if kind not in impossible]


@dataclass(slots=True)
class Saboteur:
    """`seen` are all processes of the system that were ever noticed."""

    system: System
    done: list[Done] = field(default_factory=list)
    seen: set[psutil.Process] = field(default_factory=set)
    #: What is put right for all at once is done by one fault at a time.
    _settings: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, schedule: Sequence[Fault]) -> None:
        """Does all of it, each in its time."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in schedule:
                await asyncio.sleep(max(0.0, began + fault.at_seconds - time.monotonic()))
                self.notice()
                group.create_task(self._do(fault))

    def notice(self) -> None:
        """Remembers the processes that run now."""
        self.seen.update(self.system.keeper.processes())

    async def _do(self, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.KILL_GROUP | FaultKind.KILL_PARENT | FaultKind.KILL_CHILD:
                done = self._kill(fault)
            case FaultKind.FREEZE:
                done = await self._freeze(fault)
            case FaultKind.FLUSH:
                done = await asyncio.to_thread(self._flush)
            case FaultKind.LOCK:
                done = await asyncio.to_thread(self._lock, fault.lasts_seconds)
            case FaultKind.FULL:
                done = await self._fill(fault.lasts_seconds)
            case FaultKind.READ_ONLY:
                done = await self._forbid_writing(fault.lasts_seconds)
            case FaultKind.BROKER_DOWN:
                done = await self._keep_down(fault.lasts_seconds)
            case FaultKind.CLOCK:
                done = await self._set_clock_off(fault.lasts_seconds, fault.hours_off)
        if done:
            self.done.append(Done(fault.kind, fault.target, time.monotonic()))

    def _kill(self, fault: Fault) -> bool:
        family = self.system.families().get(fault.target, [])
        parent, children = family[:1], family[1:]
        victims = {FaultKind.KILL_GROUP: family, FaultKind.KILL_PARENT: parent}.get(fault.kind, children[:1] or parent)
        return _signal(victims, signal.SIGKILL) > 0

    async def _freeze(self, fault: Fault) -> bool:
        family = self.system.families().get(fault.target, [])
        try:
            frozen = _signal(family, signal.SIGSTOP)
            await asyncio.sleep(fault.lasts_seconds)
        finally:
            _signal(family, signal.SIGCONT)
        return frozen > 0

    def _flush(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(redis_url(self.system.settings), socket_timeout=1.0) as client:
            return bool(client.flushall())
        return False

    def _lock(self, seconds: float) -> bool:
        """Holds what every writer needs, as a backup or an operator's console might."""
        if self.system.is_embedded:
            path = self.system.settings.resolved_database_url.removeprefix("sqlite:///")
            connection = sqlite3.connect(path, timeout=LOCK_WAIT_SECONDS, isolation_level=None)
            try:
                connection.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
            except sqlite3.OperationalError:
                return False
            finally:
                connection.close()
            return True
        try:
            with psycopg.connect(self.system.settings.resolved_database_url) as locker:
                locker.execute("LOCK TABLE articles, events, deliveries IN ACCESS EXCLUSIVE MODE")
                time.sleep(seconds)
        except psycopg.Error:  # it is down or read-only, or this was a deadlock, from which it has saved the writer
            return False
        return True

    async def _fill(self, seconds: float) -> bool:
        try:
            self._limit_files(FULL_BYTES)
            await asyncio.sleep(seconds)
        finally:
            self._limit_files(None)
            self._limit_files(None)  # those too that a limited one forked meanwhile
        return True

    async def _forbid_writing(self, seconds: float) -> bool:
        url = self.system.settings.resolved_database_url
        async with self._settings:
            try:
                await asyncio.to_thread(forbid_writing, url, forbidden=True)
                await asyncio.sleep(seconds)
            except psycopg.Error:
                return False
            finally:
                await self._allow_writing(url)
        return True

    async def _allow_writing(self, url: str) -> None:
        """Until it is allowed: the server may be down or frozen meanwhile."""
        while True:
            with suppress(psycopg.Error):
                await asyncio.to_thread(forbid_writing, url, forbidden=False)
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _keep_down(self, seconds: float) -> bool:
        """Kills the broker as often as it is started again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.notice()
            _signal(self.system.families().get(BROKER, []), signal.SIGKILL)
            await asyncio.sleep(POLL_SECONDS)
        return True

    async def _set_clock_off(self, seconds: float, hours: float) -> bool:
        async with self._settings:
            try:
                self.system.clock.set_off(hours)
                await asyncio.sleep(seconds)
            finally:
                self.system.clock.set_off(0.0)
        return True

    def _limit_files(self, soft_bytes: int | None) -> None:
        families = self.system.families()
        # A broker that was started meanwhile has inherited the limit.
        spared = {POSTGRESQL} if soft_bytes is None else UNLIMITED
        for process in [process for name, family in families.items() if name not in spared for process in family]:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
                process.rlimit(psutil.RLIMIT_FSIZE, (hard if soft_bytes is None else soft_bytes, hard))


def _signal(processes: Sequence[psutil.Process], number: int) -> int:
    """To how many it was sent; psutil makes sure that a pid is still the same process."""
    sent = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
            sent += 1
    return sent
