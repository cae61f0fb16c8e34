"""A child of the supervisor: what it runs, where its log is, when it is started again after a death."""

import os
import runpy
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sokbo.cli.forking import fork
from sokbo.cli.pulse import Pulse

MAX_LOG_BYTES = 10 * 1024 * 1024
LOG_CHECK_SECONDS = 10.0
LOG_TAIL_BYTES = 4096
FIRST_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 5.0
#: A child that lived this long has recovered from whatever killed the one before.
RECOVERED_AFTER_SECONDS = 10.0
#: From this many deaths in a row its log is quoted: it isn't an accident any more.
CRASH_LOOP_DEATHS = 3


class Program(Protocol):
    """Something that a new process can turn into."""

    def run(self) -> object: ...


@dataclass(frozen=True, slots=True)
class PythonModule:
    """`python -m module arguments...`, the very same code, in a forked interpreter."""

    module: str
    arguments: tuple[str, ...] = ()

    def run(self) -> None:
        sys.argv = [self.module, *self.arguments]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


@dataclass(frozen=True, slots=True)
class Executable:
    path: Path
    arguments: tuple[str, ...] = ()

    def run(self) -> None:
        os.execv(self.path, [str(self.path), *self.arguments])  # noqa: S606  # no shell is meant


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """`stop_order`: when all stop, those with a lower one have ended before those with a higher are told to.

    `answers`: whether it does its work, if that can be asked; one that no longer does is killed and started again.
    """

    name: str
    program: Program
    stop_order: int
    answers: Callable[[], bool] | None = None


@dataclass(slots=True)
class Child:
    """One child and its process, if it has one. Times are monotonic seconds."""

    spec: ChildSpec
    log: Path
    pid: int | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    deaths_in_a_row: int = 0
    is_lost: bool = False
    _pulse: Pulse | None = None
    _log_check_at: float = 0.0

    def start(self, now: float) -> None:
        """Raises OSError if there can be no new process or no log."""
        self.started_at = now
        self.pid = fork(self.spec.program.run, title=f"sokbo: {self.spec.name}", log=self.log)
        self.is_lost = False
        self._pulse = Pulse.of_new(self.spec.answers, now) if self.spec.answers is not None else None

    def note_death(self, now: float) -> float:
        """Sets when to start again; the seconds until then."""
        self.pid = None
        lived_long = now - self.started_at >= RECOVERED_AFTER_SECONDS
        self.deaths_in_a_row = 1 if lived_long else self.deaths_in_a_row + 1
        backoff = min(FIRST_BACKOFF_SECONDS * 2.0 ** (self.deaths_in_a_row - 1), MAX_BACKOFF_SECONDS)
        self.start_at = now + backoff
        return backoff

    @property
    def due_at(self) -> float:
        """When there is something to do with it, if nothing happens before: to start it, or to look after it."""
        if self.pid is None:
            return self.start_at
        return self._log_check_at if self._pulse is None or self.is_lost else min(self._log_check_at, self._pulse.probe_at)

    def look_after(self, now: float) -> None:
        """Keeps the log short. Kills a process that no longer answers, and its group, and remembers why."""
        if now >= self._log_check_at:
            rotate(self.log)
            self._log_check_at = now + LOG_CHECK_SECONDS
        if self.pid is not None and self._pulse is not None and not self.is_lost and self._pulse.is_lost(now):
            self.is_lost = True
            kill_group(self.pid)

    @property
    def in_crash_loop(self) -> bool:
        return self.deaths_in_a_row >= CRASH_LOOP_DEATHS

    def terminate(self) -> None:
        """Asks the process to finish; it knows best what that means for children of its own."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)


def kill_group(leader: int) -> None:
    """Kills what is left of a child's process group, which still has its id, and, if it lives, the child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def rotate(log: Path) -> None:
    """Moves what is in a log that has grown too large to `.1`, over the one before; the file stays, for those who write to it.

    Nothing happens where there is no room for the copy.
    """
    before = log.with_name(f"{log.name}.1")
    with suppress(OSError):
        if log.stat().st_size > MAX_LOG_BYTES:
            draft = log.with_name(f".{before.name}")
            shutil.copy(log, draft)
            draft.replace(before)
            os.truncate(log, 0)


def last_line(log: Path) -> str:
    """The last line of a log that says something; "" if none does."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def describe_end(status: int) -> str:
    """What a wait status means: "was killed by SIGKILL", "ended with exit code 1"."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}  # the real-time signals have none
        return f"was killed by {names.get(-code, f'signal {-code}')}"
    return f"ended with exit code {code}"
