"""Keeps a worker from going deaf when the broker dies while it works: kombu's count of taken messages, mended."""

from kombu.transport import redis, virtual


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


def install() -> None:
    """Makes every channel of the process forget. The class is the one place where Celery lets it be chosen, whatever the URL."""
    redis.Channel.QoS = ForgettingQoS
