"""Keeps programs running as a container engine would: whatever ends is cleared away and started again, until all are stopped."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from chaos.postgresql import identity
from sokbo.lifeline import end_with_parent

POLL_SECONDS = 0.1
RESTART_SECONDS = 0.3
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """`stop_order`: those with a lower one have ended before those with a higher are told to. `user`: who runs it, if not we."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_order: int = 1
    user: str | None = None


@dataclass(slots=True)
class Keeper:
    """`logs`: the folder with each program's output. Programs end when the keeper's process does, however it ends."""

    logs: Path
    programs: Sequence[Program]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restarts: int = 0

    def start(self) -> None:
        """Starts all."""
        for program in self.programs:
            self._start(program)

    async def keep(self) -> None:
        """Starts again what has ended, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for program in self.programs:
                if self.running[program.name].poll() is not None:
                    clear_group(self.running[program.name].pid)
                    await asyncio.sleep(RESTART_SECONDS)
                    self._start(program)
                    self.restarts += 1

    def stop(self) -> list[str]:
        """Asks all to end, in their order, and waits; complaints about those that had to be killed."""
        complaints = []
        for order in sorted({program.stop_order for program in self.programs}):
            group = [program.name for program in self.programs if program.stop_order == order and program.name in self.running]
            for name in group:
                self.running[name].terminate()
            for name in group:
                try:
                    self.running[name].wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    complaints.append(f"{name} had not ended {STOP_SECONDS:g} s after SIGTERM")
                    clear_group(self.running[name].pid)
                    self.running[name].wait()
        return complaints

    def processes(self) -> list[psutil.Process]:
        """Everything that runs now: the programs, their children and so on."""
        found = []
        for running in self.running.values():
            with suppress(psutil.NoSuchProcess):
                leader = psutil.Process(running.pid)
                found += [leader, *leader.children(recursive=True)]
        return found

    def _start(self, program: Program) -> None:
        with (self.logs / f"{program.name}.log").open("ab") as log:
            self.running[program.name] = subprocess.Popen(
                program.command,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
                **identity(program.user),  # type: ignore[call-overload]  # the keywords are Popen's
            )


def clear_group(leader_pid: int) -> None:
    """Kills what is left of a program's process group."""
    with suppress(ProcessLookupError):
        os.killpg(leader_pid, signal.SIGKILL)


def has_ended(process: psutil.Process) -> bool:
    """True for a zombie too: when process 1 gets to reaping an orphan is its own affair."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
