"""A circuit breaker: what a partner's last pushes say of whether it takes any. While it is open, deliveries wait, and so they do
until the time that a Retry-After has named."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sokbo.domain.delivery import MAX_RETRY_AFTER

WINDOW = 10
#: Half of the window; five failures in a row are as many.
FAILURES_TO_OPEN = WINDOW // 2

_FAILED, _TAKEN = "f", "t"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`recent`: the last outcomes from the first failure on, oldest first, so that it is empty for whoever takes everything.

    Open since `since`, closed if that is None. While it is open, one delivery may be tried at `next_probe_at`, which was set
    at `put_off_at`; `last_detail` says how the last push failed. Whether it is open or not, nothing is sent from `asked_at`, when
    the remote last asked for it by Retry-After, until `retry_after_until`.
    """

    recent: str = ""
    since: datetime | None = None
    put_off_at: datetime | None = None
    next_probe_at: datetime | None = None
    last_detail: str = ""
    asked_at: datetime | None = None
    retry_after_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.since is not None

    def after_success(self) -> "Breaker":
        """Closed; one that was open starts anew. What the remote has asked for still holds: the push may have begun before."""
        recent = "" if self.is_open else _window(self.recent + _TAKEN)
        return Breaker(recent, asked_at=self.asked_at, retry_after_until=self.retry_after_until)

    def after_failure(self, now: datetime, probe_seconds: float, retry_after_seconds: float | None, detail: str) -> "Breaker":
        """Open, if half of the window has failed. No probe comes before the time that the remote has asked for, 24 h at most."""
        recent = _window(self.recent + _FAILED)
        asked_at, until = self._asked(now, retry_after_seconds)
        if not self.is_open and recent.count(_FAILED) < FAILURES_TO_OPEN:
            return Breaker(recent, asked_at=asked_at, retry_after_until=until)
        latest = now + timedelta(seconds=probe_seconds)
        planned = min(self.next_probe_at or latest, latest)  # that was set by a clock ahead if it is later
        return Breaker(recent, self.since or now, now, max(planned, until or now), detail, asked_at, until)

    def hastened(self, now: datetime) -> "Breaker":
        """Free of what the remote has asked for; one that is open may be probed at once."""
        next_probe_at = now if self.is_open else None
        return replace(self, asked_at=None, retry_after_until=None, next_probe_at=next_probe_at)

    def _asked(self, now: datetime, retry_after_seconds: float | None) -> tuple[datetime | None, datetime | None]:
        """When the remote last sent a Retry-After, and until when to wait: the latest time that it has named. A value written by
        a clock that was ahead is ignored."""
        known = self.retry_after_until if self.asked_at is not None and self.asked_at <= now else None
        asked = now + min(timedelta(seconds=retry_after_seconds or 0.0), MAX_RETRY_AFTER)
        if asked > max(known or now, now):
            return now, asked
        return (None, None) if known is None or known <= now else (self.asked_at, known)


def _window(outcomes: str) -> str:
    return outcomes[-WINDOW:].lstrip(_TAKEN)
