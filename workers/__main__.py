"""`python -m workers QUEUE...` runs a worker for these queues, `python -m workers beat` the clock that calls the sweeper."""

import logging
import sys
import warnings

import structlog
from celery import signals
from celery.exceptions import CPendingDeprecationWarning

from sokbo import logs
from sokbo.domain.event import Lane
from sokbo.errors import SokboError, StartupError
from sokbo.settings import Settings, load_settings
from workers.app import make_app, make_worker
from workers.runtime import start
from workers.watchdog import stand_by

BEAT = "beat"

log = structlog.get_logger()


def main(arguments: list[str]) -> int:
    """The exit code; 1 if it can't start, 2 for arguments that make no sense."""
    try:
        settings = load_settings()
    except StartupError as error:
        sys.stderr.write(f"Error: {error.full_message}\n")
        return 1
    # Celery tells of each sweep, twice a second; what matters is told by what the tasks do. And at each reconnect it warns of a
    # setting that is set.
    logging.getLogger("celery").setLevel(logging.WARNING)
    warnings.simplefilter("ignore", CPendingDeprecationWarning)
    if arguments == [BEAT]:
        logs.configure(settings.log_level, BEAT)
        make_app(settings).Beat(scheduler_cls="celery.beat:Scheduler", quiet=True).run()
        return 0
    if not arguments or not set(arguments) <= set(Lane):
        sys.stderr.write(f"usage: python -m workers {BEAT} | QUEUE...   where QUEUE is one of: {', '.join(Lane)}\n")
        return 2
    return _work(settings, tuple(lane for lane in Lane if lane in arguments))


def _work(settings: Settings, lanes: tuple[Lane, ...]) -> int:
    """Works until it is told to end; the exit code."""
    name = "-".join(lanes)
    logs.configure(settings.log_level, f"worker-{name}")
    stand_by()
    try:
        runtime = start(settings, lanes)
    except SokboError as error:
        log.critical("worker_not_started", reason=error.full_message)
        return 1
    codes: list[int] = []  # which Celery keeps to itself
    signals.worker_shutdown.connect(lambda sender, **_: codes.append(sender.exitcode or 0), weak=False)
    options = ["--quiet", "worker", "--queues", ",".join(lanes), "--pool", "solo", "--hostname", f"{name}@%h"]
    make_worker(settings, runtime).worker_main([*options, "--without-gossip", "--without-mingle", "--without-heartbeat"])
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
