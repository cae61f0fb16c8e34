"""Whether a child that lives does its work: one can hang, or have lost the socket that others reach it by."""

from collections.abc import Callable
from dataclasses import dataclass

PROBE_SECONDS = 1.0
START_PROBE_SECONDS = 0.1
#: The last of them begins 3 s after the first: a child that was frozen for less has answered one in between.
MISSES = 4


@dataclass(slots=True)
class Pulse:
    """One process's answers to `answers`, which is asked at `probe_at` (monotonic seconds) and must not block for long.

    A process that has never answered is still starting, and may take its time.
    """

    answers: Callable[[], bool]
    probe_at: float
    has_answered: bool = False
    misses: int = 0

    def is_lost(self, now: float) -> bool:
        """True when the process no longer answers. Asks it, if it is time to."""
        if now < self.probe_at:
            return False
        if self.answers():
            self.has_answered, self.misses = True, 0
        elif self.has_answered:
            self.misses += 1
        self.probe_at = now + (PROBE_SECONDS if self.has_answered else START_PROBE_SECONDS)
        return self.misses >= MISSES
