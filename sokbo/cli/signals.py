"""Signals as something to wait for, so that the supervisor does nothing inside a handler."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

from sokbo.cli.forking import SUPERVISED_SIGNALS


class SignalInbox:
    """While open, the supervised signals lie here until somebody asks, and do nothing else. For the main thread."""

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._before = {number: signal.signal(number, _wake) for number in SUPERVISED_SIGNALS}
        signal.set_wakeup_fd(self._write)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def wait(self, timeout_seconds: float | None, also: int | None = None) -> list[int]:
        """The signals that came, waiting for the first, for the file `also` to be readable, or for the time to be over."""
        select.select([self._read] if also is None else [self._read, also], [], [], timeout_seconds)
        try:
            return list(os.read(self._read, 4096))
        except BlockingIOError:
            return []


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Its number is in the pipe already; without a handler, the signal would have done its worst instead."""
