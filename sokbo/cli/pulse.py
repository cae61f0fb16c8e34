"""Whether a child that lives does its work: one can hang, or have lost the socket that others reach it by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

PROBE_SECONDS = 1.0
START_PROBE_SECONDS = 0.1
#: The last of them begins 3 s after the first: a child that was frozen for less has answered one in between.
MISSES = 4
#: How long a process may take from its start to its first answer.
START_SECONDS = 30.0


@dataclass(slots=True)
class Pulse:
    """One process's answers to `answers`, which is asked at `probe_at` (monotonic seconds) and must not block for long.

    A process that has never answered is still starting, and may take its time, until `started_by`.
    """

    answers: Callable[[], bool]
    probe_at: float
    started_by: float
    has_answered: bool = False
    misses: int = 0

    @classmethod
    def of_new(cls, answers: Callable[[], bool], now: float) -> Self:
        """That of a process which starts now."""
        return cls(answers, probe_at=now, started_by=now + START_SECONDS)

    def is_lost(self, now: float) -> bool:
        """True when the process no longer answers. Asks it, if it is time to."""
        if now < self.probe_at:
            return False
        if self.answers():
            self.has_answered, self.misses = True, 0
        elif self.has_answered:
            self.misses += 1
        self.probe_at = now + (PROBE_SECONDS if self.has_answered else START_PROBE_SECONDS)
        return self.misses >= MISSES or (not self.has_answered and now >= self.started_by)
