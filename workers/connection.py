"""How a worker and the beat hold on to the broker: two places where Celery and kombu, left alone, would wait for too long."""

from typing import Any

from celery import Celery
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
