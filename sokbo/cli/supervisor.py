"""Keeps the children alive until it is told to stop, and then ends them in order.

One thread, no loop, no connection: a fork copies only what is safe to copy.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from sokbo.cli.children import Child, ChildSpec, describe_end, kill_group, last_line
from sokbo.cli.console import Console
from sokbo.cli.forking import fork
from sokbo.cli.signals import SignalInbox
from sokbo.disk import is_full
from sokbo.errors import SokboError, StartupError

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
#: A child that keeps to its time to the last moment has this much more to close what it holds.
KILL_MARGIN_SECONDS = 1.0
READY_TIMEOUT_SECONDS = 30.0
READY_POLL_SECONDS = 0.05
NO_ANSWER = "no longer answered and was killed"

T = TypeVar("T")


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or SIGHUP has come."""


class Supervisor:
    """Starts, watches and ends children. Leaving its block drains them, whatever the reason for leaving.

    `shutdown_seconds`: what each child has to finish in, once it is told to stop.
    """

    def __init__(self, logs: Path, shutdown_seconds: float, console: Console):
        self._logs = logs
        self._shutdown_seconds = shutdown_seconds
        self._console = console
        self._children: list[Child] = []
        self._stop_signals = 0
        self._inbox = SignalInbox()

    def __enter__(self) -> Self:
        self._inbox.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            for _, group in groupby(sorted(self._children, key=_stop_order), key=_stop_order):
                self._end(list(group))
        finally:
            self._inbox.__exit__(kind, error, trace)

    @property
    def hurried(self) -> bool:
        """True after a second signal to stop: there is no waiting any more."""
        return self._stop_signals > 1

    def add(self, spec: ChildSpec) -> None:
        """Starts one more child."""
        child = Child(spec, self._logs / f"{spec.name}.log")
        self._children.append(child)
        self._start(child)

    def wait_until(self, name: str, is_ready: Callable[[], bool]) -> None:
        """Supervises until `is_ready()`, which is asked again and again and must not block for long.

        Raises StopRequested, or StartupError that quotes the log of the child `name` when it takes too long.
        """
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not is_ready():
            if time.monotonic() > deadline:
                raise StartupError(f"{name} isn't ready after {READY_TIMEOUT_SECONDS:g} s; {self._quote(name)}")
            self._turn(READY_POLL_SECONDS)

    def call(self, name: str, function: Callable[[], T]) -> T:
        """What `function` returns in a short-lived child, where it may open what this process must not.

        Raises StopRequested, and StartupError with the message of a SokboError or a quote of its log.
        """
        ours, theirs = Pipe(duplex=False)
        with ours:
            with theirs:
                body = partial(_answer, function, theirs)
                pid = fork(body, title=f"sokbo: {name}", log=self._logs / f"{name}.log", keep=theirs.fileno())
            try:
                while not ours.poll():
                    self._turn(None, also=ours.fileno())
                answer = ours.recv()
            except StopRequested:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise
            except EOFError as error:
                raise StartupError(f"{name} failed; {self._quote(name)}") from error
        if isinstance(answer, StartupError):
            raise answer
        return cast("T", answer)

    def run(self) -> None:
        """Supervises for good. Raises StopRequested."""
        while True:
            self._turn(None)

    def _turn(self, timeout_seconds: float | None, also: int | None = None) -> None:
        """Waits for something to happen, and answers deaths with new starts. Raises StopRequested."""
        if self._children:
            until_due = max(0.0, min(child.due_at for child in self._children) - time.monotonic())
            timeout_seconds = until_due if timeout_seconds is None else min(until_due, timeout_seconds)
        for child, status in self._wait_and_reap(timeout_seconds, also):
            ended_itself = not child.is_lost and os.WIFEXITED(status)
            self._schedule_restart(child, NO_ANSWER if child.is_lost else describe_end(status), knows_why=ended_itself)
        if self._stop_signals:
            raise StopRequested
        for child in self._children:
            if child.pid is None and child.start_at <= time.monotonic():
                self._start(child)
            child.look_after(time.monotonic())

    def _wait_and_reap(self, timeout_seconds: float | None, also: int | None = None) -> list[tuple[Child, int]]:
        """The children that died, with their wait statuses, after the next signal or the time given."""
        signals = self._inbox.wait(timeout_seconds, also)
        self._stop_signals += sum(number in STOP_SIGNALS for number in signals)
        dead = []
        for pid, status in _reaped():
            child = next((child for child in self._children if child.pid == pid), None)
            if child is not None:  # else the end of a call, or an orphan's where this is process 1
                kill_group(pid)
                child.pid = None
                dead.append((child, status))
        return dead

    def _start(self, child: Child) -> None:
        try:
            child.start(time.monotonic())
        except OSError as error:
            self._schedule_restart(child, f"can't start: {error.strerror}")

    def _schedule_restart(self, child: Child, what_happened: str, *, knows_why: bool = False) -> None:
        """`knows_why`: the child ended by itself, and has said why if it could. On a full disk it couldn't."""
        backoff_seconds = child.note_death(time.monotonic())
        quote = f"; {self._quote(child.spec.name)}" if knows_why or child.in_crash_loop else ""
        full = f"; the disk that holds {self._logs} is full" if is_full(self._logs) else ""
        self._console.warn(f"{child.spec.name} {what_happened}; starts again in {backoff_seconds:g} s{quote}{full}")

    def _end(self, group: list[Child]) -> None:
        for child in group:
            child.terminate()
        deadline = time.monotonic() + self._shutdown_seconds + KILL_MARGIN_SECONDS
        while any(child.pid for child in group) and not self.hurried and (left := deadline - time.monotonic()) > 0:
            self._wait_and_reap(left)
        for child in group:
            if child.pid is not None:
                self._console.warn(f"{child.spec.name} was still busy and is killed")
                kill_group(child.pid)
        while any(child.pid for child in group):
            self._wait_and_reap(None)

    def _quote(self, name: str) -> str:
        log = self._logs / f"{name}.log"
        return f"its log ends: {last_line(log) or '(nothing)'} ({log})"


def _stop_order(child: Child) -> int:
    return child.spec.stop_order


def _answer(function: Callable[[], object], pipe: Connection) -> None:
    try:
        pipe.send(function())
    except SokboError as error:
        pipe.send(StartupError(error.full_message))


def _reaped() -> Iterator[tuple[int, int]]:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, status
