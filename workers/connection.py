"""How a worker and beat hold on to the broker, and let go of it: where Celery and kombu, left alone, would wait for too long."""

import signal
from types import FrameType
from typing import Any

from celery import Celery
from celery.beat import Service
from kombu.connection import Connection
from kombu.transport import redis, virtual

#: Celery waits 2 s longer after each failed attempt, up to 30 s.
RECONNECT_SECONDS = 1


class SteadyConnection(Connection):
    """Tries to reach the broker every second, however long it has been away."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        every = {"interval_start": RECONNECT_SECONDS, "interval_step": 0, "interval_max": RECONNECT_SECONDS}
        return super().ensure_connection(*args, **(every | options))  # type: ignore[no-untyped-call]  # kombu is typed in part


class ForgettingQoS(redis.QoS):
    """A message is done with even if the broker can't be told.

    kombu counts it as taken for ever: with a prefetch of 1 the worker then asks for nothing more, and since it asks for
    nothing, it never learns that its connection is gone. What the broker still keeps of it comes again, and finds nothing to do.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu is typed in part
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu is typed in part

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]  # kombu is typed in part
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu is typed in part


def hold_on(app: Celery) -> None:
    """Makes the app's connections steady and the channels of its process forget, which can be chosen only for all of them."""
    app.amqp.Connection = SteadyConnection
    redis.Channel.QoS = ForgettingQoS


def end_when_told(sender: Service, **_: Any) -> None:
    """Has beat end at SIGTERM and SIGINT for certain. Celery's handler raises SystemExit wherever beat is, which may be where
    redis-py turns it into an error of its own: then beat takes the signal for a task that couldn't be sent, and goes on."""

    def end(_number: int, _frame: FrameType | None) -> None:
        sender.stop()
        raise SystemExit

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
