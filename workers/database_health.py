"""Whether the database is there, as the pump sees it, and what follows from that for what it may begin and lease."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: When a cycle takes so long, the database is away.
STUCK_SECONDS = 0.5
#: When it is back, how long nothing is leased: others come back too, within about a second, to write what they have pushed
#: meanwhile, though their leases have run out.
REST_SECONDS = 1.5
_MOMENT = 0.001


@dataclass(slots=True)
class DatabaseHealth:
    """Kept by what the pump meets; times are monotonic. `has_failed`: the last cycle did, maybe in its commit's answer alone."""

    has_failed: bool = False
    _cycle_began: float = math.inf
    _succeeded_at: float = -math.inf
    _rests_until: float | None = None

    @contextmanager
    def cycle(self) -> Iterator[None]:
        """Surrounds a cycle, which fails if it raises."""
        began = self._cycle_began = time.monotonic()
        failed_before, failed = self.has_failed, True
        try:
            yield
            failed = False
        finally:
            self._cycle_began = math.inf
            self.has_failed = failed
            if not failed:
                self._succeeded_at = began
                if failed_before or time.monotonic() - began > STUCK_SECONDS:
                    self.note_absence()

    def note_absence(self) -> None:
        """Somebody in this process has met its absence."""
        self._rests_until = time.monotonic() + REST_SECONDS

    @property
    def is_away(self) -> bool:
        """True while no push should begin, because its outcome could not be recorded."""
        return self.has_failed or self.is_stuck

    @property
    def is_stuck(self) -> bool:
        """True if the cycle under way waits for the database."""
        return time.monotonic() - self._cycle_began > STUCK_SECONDS

    def was_there(self, seconds: float) -> bool:
        """True if a cycle that has succeeded began so many seconds ago at most."""
        return time.monotonic() - self._succeeded_at <= seconds

    def may_lease(self) -> bool:
        """True if what others have left may be taken over; asked once by each cycle."""
        if self.has_failed:
            return False
        if self._rests_until is not None and time.monotonic() < self._rests_until:
            return False
        self._rests_until = None
        return True

    @property
    def rest_seconds(self) -> float | None:
        """How long until a cycle may lease again; None if the last one could."""
        return None if self._rests_until is None else max(_MOMENT, self._rests_until - time.monotonic())
