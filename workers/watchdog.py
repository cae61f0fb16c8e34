"""Ends a process that hangs. The kernel sees to it, so it works where Python no longer gets a turn; another takes up the work."""

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2


def stand_by() -> None:
    """From now on SIGALRM ends the process and has it say, on its standard error, where each of its threads was."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, file=_STANDARD_ERROR, chain=True)


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """What is done inside ends in so many seconds, or the process does. Not to be nested: a process has one such timer."""
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
