import time
from itertools import count

import pytest

from sokbo.settings import Settings
from workers.app import make_app


def test_sweeps_are_due_by_the_time_that_passes_and_not_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back must not have beat wait until it is as late again."""
    settings = Settings()
    sweeping = make_app(settings, ()).conf.beat_schedule["sweep-default"]["schedule"]
    ticks = count(time.monotonic(), settings.sweep_interval_seconds)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))

    last_run = sweeping.now()

    assert sweeping.is_due(last_run).is_due
