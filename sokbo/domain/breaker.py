"""A circuit breaker: what a partner's last pushes say of whether it takes any. While it is open, deliveries wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = 10
#: Half of the window; five failures in a row are as many.
FAILURES_TO_OPEN = WINDOW // 2

_FAILED, _TAKEN = "f", "t"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`recent`: the last outcomes from the first failure on, oldest first, so that it is empty for whoever takes everything.

    Open since `since`, closed if that is None. While it is open, one delivery may be tried at `next_probe_at`, which was set
    at `put_off_at`; `last_detail` says how the last push failed.
    """

    recent: str = ""
    since: datetime | None = None
    put_off_at: datetime | None = None
    next_probe_at: datetime | None = None
    last_detail: str = ""

    @property
    def is_open(self) -> bool:
        return self.since is not None

    def after_success(self) -> "Breaker":
        """Closed; one that was open starts anew."""
        if self.is_open:
            return Breaker()
        return Breaker(_window(self.recent + _TAKEN))

    def after_failure(self, now: datetime, probe_seconds: float, retry_after_seconds: float | None, detail: str) -> "Breaker":
        """Open, if half of the window has failed. No probe comes before the time that the remote has asked for."""
        recent = _window(self.recent + _FAILED)
        if not self.is_open and recent.count(_FAILED) < FAILURES_TO_OPEN:
            return Breaker(recent)
        planned = self.next_probe_at or now + timedelta(seconds=probe_seconds)
        probe_at = max(planned, now + timedelta(seconds=retry_after_seconds or 0.0))
        return Breaker(recent, self.since or now, now, probe_at, detail)


def _window(outcomes: str) -> str:
    return outcomes[-WINDOW:].lstrip(_TAKEN)
