import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from celery import Celery
from celery.beat import Service

from sokbo.settings import Settings
from workers.app import make_app
from workers.connection import end_when_told


def test_sweeps_are_due_by_the_time_that_passes_and_not_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back must not have beat wait until it is as late again."""
    settings = Settings()
    sweeping = make_app(settings).conf.beat_schedule["sweep-default"]["schedule"]
    ticks = count(time.monotonic(), settings.sweep_interval_seconds)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))

    last_run = sweeping.now()

    assert sweeping.is_due(last_run).is_due


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_beat_ends_also_where_the_exception_that_ends_it_is_lost(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    with Celery("test", broker="memory://", set_as_current=False) as app:
        service = Service(app, scheduler_cls="celery.beat:Scheduler")  # which keeps no file
        try:
            end_when_told(service)
            with suppress(SystemExit):
                signal.raise_signal(number)
            service.start()  # which would go on for ever
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def test_worker_that_can_not_start_says_why_and_ends(tmp_path: Path) -> None:
    """One that went on would look alive and do nothing."""
    secret_key = tmp_path / "secret.key"
    secret_key.write_text("no key")
    ended = _started("workers", "default", SOKBO_DATA=str(tmp_path), SOKBO_REDIS_URL="redis://127.0.0.1:1/0")
    assert ended.returncode == 1
    assert "worker_not_started" in ended.stderr
    assert str(secret_key) in ended.stderr


@pytest.mark.parametrize("command", [("workers", "default"), ("workers", "beat"), ("service",)])
def test_process_with_a_setting_that_breaks_its_rule_says_so_in_one_line(command: tuple[str, ...]) -> None:
    ended = _started(*command, SOKBO_LEASE_SECONDS="0")
    assert (ended.returncode, ended.stderr) == (1, "Error: SOKBO_LEASE_SECONDS: Input should be greater than 0\n")


def _started(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a process that ends by itself has said."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
