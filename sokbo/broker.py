"""What goes through the broker: nudges to the workers, announcements to the services. All of it may be lost: a sweep or a
version check finds within seconds what was not heard."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import orjson
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from sokbo.domain.event import Lane
from sokbo.domain.ids import SiteId
from sokbo.nudges import PUT_UNLESS_NEEDLESS, message
from sokbo.settings import Settings

#: The longest that anyone waits for the broker.
TIMEOUT_SECONDS = 0.2
#: A further nudge is dropped while so many messages wait in a lane's queue, which are more than beat puts there while a worker is
#: at one task: the worker will look anyway.
MOST_WAITING = 32
DOCUMENTS_CHANNEL = "sokbo:documents"


class Task(StrEnum):
    """The workers' tasks. Each finds its work in the database."""

    SYNDICATE = "sokbo.syndicate"
    SWEEP = "sokbo.sweep"
    DELIVER = "sokbo.deliver"
    CLEAN = "sokbo.clean"
    VERIFY = "sokbo.verify"


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
    return redis_url(settings).replace("unix://", "redis+socket://", 1)


class Broker:
    """One process's line to the broker. Not for use across a fork."""

    def __init__(self, settings: Settings):
        self._redis = redis.Redis.from_url(
            redis_url(settings),
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis_url = redis_url(settings)
        self._put_unless_needless = self._redis.register_script(PUT_UNLESS_NEEDLESS)

    def nudge(self, task: Task, lane: Lane) -> bool:
        """Tells the lane's workers that there is work. False if the broker can't be reached; nothing is raised."""
        try:
            self._put_unless_needless(keys=[lane], args=[MOST_WAITING, message(task, lane), f'"{task}"'])
        except (RedisError, OSError):
            return False
        return True

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


def broker_answers(settings: Settings) -> bool:
    """True if the broker can be reached."""
    broker = Broker(settings)
    try:
        return broker.ping()
    finally:
        broker.close()
