"""Nudges the workers from a thread of its own: no request waits for the broker. Now and then it has the queues swept, too, so
that nothing waits for a beat that is frozen."""

import threading
import time
from collections.abc import Iterable

import structlog

from service.metrics import Metrics
from sokbo.broker import Broker, Task
from sokbo.domain.event import Lane

#: How often each service does what beat does, which does it more often.
SWEEP_SECONDS = 2.0
#: Nudges that come so soon after the last one are one: under load, sending each costs more than it hastens.
PAUSE_SECONDS = 0.005

log = structlog.get_logger()


class Nudger:
    """Several nudges that come while one is being sent are one."""

    def __init__(self, broker: Broker, metrics: Metrics):
        self._broker = broker
        self._metrics = metrics
        self._wanted: set[tuple[Lane, Task]] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
        self._thread.start()

    def nudge(self, lanes: Iterable[Lane], task: Task = Task.SYNDICATE) -> None:
        """Returns at once."""
        with self._changed:
            self._wanted.update((lane, task) for lane in lanes)
            self._changed.notify()

    def close(self) -> None:
        """Sends what waits, and ends."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        sweep_at = time.monotonic() + SWEEP_SECONDS
        while (wanted := self._take(sweep_at)) is not None:
            for lane, task in wanted:
                if not self._send(task, lane):
                    self._metrics.nudges_failed.inc()
                    log.warning("nudge_failed", lane=lane)
            if time.monotonic() >= sweep_at:
                for lane in Lane:
                    self._send(Task.SWEEP, lane)
                sweep_at = time.monotonic() + SWEEP_SECONDS
            if wanted:
                time.sleep(PAUSE_SECONDS)

    def _send(self, task: Task, lane: Lane) -> bool:
        try:
            return self._broker.nudge(task, lane)
        except Exception:  # a bug must not end the thread: the sweep finds this lane's work, and the next nudge is sent
            log.exception("nudge_broke", lane=lane)
            return False

    def _take(self, sweep_at: float) -> list[tuple[Lane, Task]] | None:
        """The nudges to send, breaking news first, and none if none are wanted by then; None when it is time to end."""
        with self._changed:
            while not self._wanted and not self._stopping and (left := sweep_at - time.monotonic()) > 0:
                self._changed.wait(left)
            wanted = sorted(self._wanted)
            self._wanted.clear()
            return None if self._stopping and not wanted else wanted
