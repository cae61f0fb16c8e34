"""What goes through the broker: nudges to the workers, announcements to the services. All of it may be lost: a sweep or a
version check finds within seconds what was not heard."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote
from uuid import uuid4

import orjson
import redis
import redis.asyncio
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.messaging import Producer
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from sokbo.domain.event import Lane
from sokbo.domain.ids import SiteId
from sokbo.settings import Settings

#: The longest that anyone waits for the broker.
TIMEOUT_SECONDS = 0.2
#: While a nudge is waiting to be taken, further ones say nothing new. This ends even if it is lost.
NUDGE_HOLDS_SECONDS = 2
DOCUMENTS_CHANNEL = "sokbo:documents"


class Task(StrEnum):
    """The workers' tasks. Each finds its work in the database."""

    SYNDICATE = "sokbo.syndicate"
    SWEEP = "sokbo.sweep"
    DELIVER = "sokbo.deliver"
    CLEAN = "sokbo.clean"


@dataclass(frozen=True, slots=True)
class Announcement:
    """These paths of a site have changed; `version` is the site's newest."""

    site_id: SiteId
    version: int
    paths: tuple[str, ...]


def redis_url(settings: Settings) -> str:
    """The broker's URL as the redis client writes it."""
    return settings.redis_url or f"unix://{quote(str(settings.broker_socket))}"


def celery_url(settings: Settings) -> str:
    """The broker's URL as Celery writes it."""
    return settings.redis_url or f"redis+socket://{quote(str(settings.broker_socket))}"


class Broker:
    """One process's line to the broker. Not for use across a fork; only one thread may nudge."""

    def __init__(self, settings: Settings):
        self._celery = Celery("sokbo", broker=celery_url(settings), set_as_current=False)
        self._celery.conf.update(
            broker_transport_options={"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS},
            broker_connection_retry=False,
            task_ignore_result=True,
        )
        self._redis = redis.Redis.from_url(
            redis_url(settings),
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis_url = redis_url(settings)
        self._producer: Producer | None = None

    def nudge(self, task: Task, lane: Lane) -> bool:
        """Tells the lane's workers that there is work. False if the broker can't be reached; nothing is raised."""
        try:
            if self._redis.set(_nudge_key(task, lane), 1, nx=True, ex=NUDGE_HOLDS_SECONDS):
                self._send(task, lane)
        except (RedisError, OSError, OperationalError):
            return False
        return True

    def _send(self, task: Task, lane: Lane) -> None:
        """Puts the task into the lane's queue itself (the exchange without a name): `send_task` would first ask the broker which
        queues are bound to an exchange, which takes longer than all the rest of a nudge."""
        if self._producer is None:
            connection = self._celery.connection_for_write()
            self._producer = self._celery.amqp.Producer(connection.channel(), auto_declare=False)
        message = self._celery.amqp.create_task_message(str(uuid4()), task, [lane], {}, ignore_result=True)
        body, headers, properties = message.body, message.headers, message.properties
        self._producer.publish(body, exchange="", routing_key=lane, headers=headers, serializer="json", retry=False, **properties)

    def taken(self, task: Task, lane: Lane) -> None:
        """Says that a nudge is being followed, so that the next one is sent again. Call before looking for work."""
        try:
            self._redis.delete(_nudge_key(task, lane))
        except (RedisError, OSError):
            return

    def announce(self, announcements: Iterable[Announcement]) -> bool:
        """Tells the services which documents changed. False if the broker can't be reached; nothing is raised."""
        try:
            for item in announcements:
                self._redis.publish(DOCUMENTS_CHANNEL, orjson.dumps(item))
        except (RedisError, OSError):
            return False
        return True

    async def announcements(self) -> AsyncIterator[Announcement]:
        """Announcements as they come. Raises RedisError or OSError when the line breaks."""
        client = redis.asyncio.Redis.from_url(self._redis_url, socket_connect_timeout=TIMEOUT_SECONDS)
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(DOCUMENTS_CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "message":
                    fields = orjson.loads(message["data"])
                    yield Announcement(SiteId(fields["site_id"]), fields["version"], tuple(fields["paths"]))

    def ping(self) -> bool:
        """True if the broker answers."""
        try:
            return bool(self._redis.ping())
        except (RedisError, OSError):
            return False

    def close(self) -> None:
        self._redis.close()
        if self._producer is not None:
            self._producer.connection.close()
        self._celery.close()


def _nudge_key(task: Task, lane: Lane) -> str:
    return f"sokbo:nudge:{task}:{lane}"
