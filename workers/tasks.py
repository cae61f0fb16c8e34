"""The Celery tasks. Each is a nudge: it finds its work in the database, so a lost, doubled or late one changes nothing."""

import math
import time
from collections.abc import Callable
from typing import ParamSpec

import structlog
from celery import Celery

from sokbo.broker import Task
from sokbo.domain.event import Lane
from sokbo.errors import Unavailable
from sokbo.storage.session import TransactionConflict
from workers.clean import clean
from workers.runtime import Runtime
from workers.sweep import sweep
from workers.syndicate import syndicate
from workers.watchdog import limited

P = ParamSpec("P")

log = structlog.get_logger()

#: A task that takes longer hangs. What it was at is leased, and taken up again.
HARD_LIMIT_SECONDS = 60
#: A lane's sweep that comes while its last one is this fresh has piled up behind that and is skipped.
FRESH_SECONDS = 0.1


def register(app: Celery, runtime: Runtime) -> None:
    """Makes the tasks the app's."""
    last_sweeps: dict[str, float] = {}

    def follow_nudge(lane: str) -> None:
        syndicate(runtime, Lane(lane))

    def sweep_unless_fresh(lane: str) -> None:
        if time.monotonic() - last_sweeps.get(lane, -math.inf) >= FRESH_SECONDS:
            sweep(runtime, Lane(lane))
            last_sweeps[lane] = time.monotonic()

    def help_to_deliver(_lane: str) -> None:
        runtime.wake_deliveries()

    def verify(_lane: str) -> None:
        runtime.wake_verifier()

    def clean_up() -> None:
        if rows := clean(runtime):
            log.info("rows_forgotten", rows=rows)

    for name, work in (
        (Task.SYNDICATE, follow_nudge),
        (Task.SWEEP, sweep_unless_fresh),
        (Task.DELIVER, help_to_deliver),
        (Task.CLEAN, clean_up),
        (Task.VERIFY, verify),
    ):
        app.task(name=name, shared=False)(_tolerating(work, runtime))


def _tolerating(work: Callable[P, None], runtime: Runtime) -> Callable[P, None]:
    """The work, given up for now where the database can't be used: what waits there is found by the next sweep."""

    def tolerate(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with limited(HARD_LIMIT_SECONDS):
                work(*args, **kwargs)
        except TransactionConflict as error:  # by another worker: the database is there
            log.info("task_outrun", reason=error.full_message)
        except Unavailable as error:
            log.warning("task_given_up", reason=error.full_message)
            runtime.note_absence()

    return tolerate
