"""Waiting for conditions, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.005
#: A second is promised, on a machine that has time; other tests run beside these.
PROMPT_SECONDS = 3.0


def eventually(probe: Callable[[], T], seconds: float = 10.0) -> T:
    """The first answer of the probe that is true. Raises AssertionError with the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s; the last answer was {answer!r}")
        time.sleep(POLL_SECONDS)
    return answer
