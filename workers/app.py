"""The Celery app, set so that nothing depends on a message."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from celery import Celery, signals
from celery.schedules import schedule

from sokbo.broker import Task, celery_url
from sokbo.domain.event import Lane
from sokbo.lifeline import END_MARGIN_SECONDS
from sokbo.settings import Settings
from workers.connection import end_when_told, hold_on
from workers.runtime import Runtime
from workers.tasks import HARD_LIMIT_SECONDS, register

CLEAN_SECONDS = 60

log = structlog.get_logger()


def make_app(settings: Settings) -> Celery:
    """The app of beat, or of a worker before it has its tasks."""
    app = Celery("sokbo", broker=celery_url(settings), set_as_current=False)
    app.conf.update(_configuration(settings))
    hold_on(app)
    signals.setup_logging.connect(_keep_logging, weak=False)
    signals.beat_init.connect(end_when_told, weak=False)
    return app


def make_worker(settings: Settings, runtime: Runtime) -> Celery:
    """The app of a worker, which closes the runtime when it ends."""
    app = make_app(settings)
    register(app, runtime)

    def ready(**_: Any) -> None:
        log.info("worker_ready", lanes=runtime.lanes)
        for lane in runtime.lanes:
            app.send_task(Task.SWEEP, args=[lane], queue=lane)

    def told_to_end(**_: Any) -> None:
        # Nothing more: it may have interrupted the thread that holds a lock, such as the log's.
        runtime.begin_to_end()
        runtime.end_within(settings.shutdown_seconds + END_MARGIN_SECONDS)

    def end(sender: Any, **_: Any) -> None:
        if sender.exitcode:  # Celery's log says what it couldn't get over
            log.error("worker_ending", exit_code=sender.exitcode)
        else:
            log.info("worker_ending")
        runtime.close()

    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(told_to_end, weak=False)
    signals.worker_shutdown.connect(end, weak=False)
    return app


def _keep_logging(**_: Any) -> None:
    """Connected so that Celery leaves the logging as we set it."""


def _every(seconds: float) -> schedule:
    """Due after so many seconds as they pass, whatever the clock says: set back, it would have beat wait until it is as late
    as it was before."""
    began = datetime.now(UTC) - timedelta(seconds=time.monotonic())
    return schedule(timedelta(seconds=seconds), nowfun=lambda: began + timedelta(seconds=time.monotonic()))


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        # A dead worker's message comes back after a while, though the sweep finds its work long before.
        "task_acks_late": True,
        "task_ignore_result": True,
        # What waits is to wait in the queue, where any worker can take it, and no broker is to carry what nobody reads.
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        # The broker may go and come as it likes: a task needs the database only.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # Longer than any task lasts, or its message would come back while it is being done.
            "visibility_timeout": 2 * HARD_LIMIT_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # A worker of both queues takes breaking news first.
            "queue_order_strategy": "priority",
        },
        "beat_schedule": {
            **{
                f"sweep-{lane}": {
                    "task": Task.SWEEP,
                    "schedule": _every(settings.sweep_interval_seconds),
                    "args": [lane],
                    "options": {"queue": lane, "ignore_result": True},
                }
                for lane in Lane
            },
            "clean": {"task": Task.CLEAN, "schedule": _every(CLEAN_SECONDS), "options": {"queue": Lane.DEFAULT}},
        },
        "beat_max_loop_interval": settings.sweep_interval_seconds,
    }
