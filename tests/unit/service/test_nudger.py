from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.metrics import Metrics
from service.nudger import Nudger
from sokbo.broker import Broker, Task
from sokbo.domain.event import Lane
from sokbo.settings import Settings
from tests.waiting import eventually


class FailsOnce(Broker):
    """A broker whose first nudge meets a bug."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self.nudged: list[Lane] = []

    def nudge(self, task: Task, lane: Lane) -> bool:
        self.nudged.append(lane)
        if len(self.nudged) == 1:
            raise TypeError("a bug")
        return True


def test_a_nudge_that_breaks_is_counted_and_the_next_is_sent(tmp_path: Path) -> None:
    broker, metrics = FailsOnce(Settings(data=tmp_path)), Metrics()
    with capture_logs() as logs:
        nudger = Nudger(broker, metrics)
        nudger.nudge([Lane.BREAKING, Lane.DEFAULT])
        nudger.close()
    broker.close()
    assert broker.nudged == [Lane.BREAKING, Lane.DEFAULT]
    assert b"\nsokbo_nudges_failed_total 1.0\n" in metrics.render(None)
    assert "nudge_broke" in {entry["event"] for entry in logs}


class Counting(Broker):
    """A broker that notes what it is given."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self.given: list[tuple[Task, Lane]] = []

    def nudge(self, task: Task, lane: Lane) -> bool:
        self.given.append((task, lane))
        return True


def test_queues_are_swept_though_beat_is_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.nudger.SWEEP_SECONDS", 0.05)
    broker = Counting(Settings(data=tmp_path))
    nudger = Nudger(broker, Metrics())
    eventually(lambda: len(broker.given) >= 4)
    nudger.close()
    broker.close()
    assert broker.given[:4] == [(Task.SWEEP, lane) for lane in Lane] * 2


def test_an_absent_broker_is_counted(tmp_path: Path) -> None:
    broker, metrics = Broker(Settings(data=tmp_path, redis_url=f"unix://{tmp_path}/none")), Metrics()
    nudger = Nudger(broker, metrics)
    nudger.nudge([Lane.DEFAULT])
    nudger.close()
    broker.close()
    assert b"\nsokbo_nudges_failed_total 1.0\n" in metrics.render(None)
