"""What goes through the broker: nudges to the workers, announcements to the services. All of it may be lost: a sweep or a
version check finds within seconds what was not heard."""

import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import orjson
import redis
import redis.asyncio
from redis.exceptions import RedisError

from sokbo.domain.event import Lane
from sokbo.domain.ids import SiteId
from sokbo.nudges import PUT_UNLESS_NEEDLESS, message
from sokbo.settings import Settings

#: For connecting to the broker, and for each of its answers.
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
        self._redis_url = redis_url(settings)
        self._line = _Line(self._redis_url)

    def nudge(self, task: Task, lane: Lane) -> bool:
        """Tells the lane's workers that there is work. False if the broker can't be reached; nothing is raised."""
        try:
            self._line.ask("EVAL", PUT_UNLESS_NEEDLESS, 1, lane, MOST_WAITING, message(task, lane), f'"{task}"')
        except (RedisError, OSError):
            return False
        return True

    def announce(self, announcements: Iterable[Announcement]) -> bool:
        """Tells the services which documents changed. False if the broker can't be reached; nothing is raised."""
        try:
            for item in announcements:
                self._line.ask("PUBLISH", DOCUMENTS_CHANNEL, orjson.dumps(item))
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
            return bool(self._line.ask("PING"))
        except (RedisError, OSError):
            return False

    def close(self) -> None:
        self._line.close()


class _Line:
    """A connection over which one command goes at a time, for any thread; it is made when it is needed, and made anew when it has
    broken. The library's client, which does more for each command, takes twice the time, and each publish waits for two."""

    def __init__(self, url: str):
        pool = redis.ConnectionPool.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
        self._connection = pool.make_connection()
        self._turn = threading.Lock()

    def ask(self, *command: str | bytes | int) -> Any:
        """The answer. A command that finds the line broken is sent again: it may be done twice. Raises RedisError, OSError."""
        if not self._turn.acquire(timeout=TIMEOUT_SECONDS):
            raise redis.TimeoutError("others wait for the broker")
        try:
            return self._exchange(command)
        except redis.ConnectionError:
            return self._exchange(command)
        finally:
            self._turn.release()

    def _exchange(self, command: tuple[str | bytes | int, ...]) -> Any:
        try:
            self._connection.send_command(*command)  # type: ignore[no-untyped-call]  # redis is typed in part
            return self._connection.read_response()
        except BaseException:
            self._connection.disconnect()  # type: ignore[no-untyped-call]  # or the next command would be given this one's answer
            raise

    def close(self) -> None:
        with self._turn:
            self._connection.disconnect()  # type: ignore[no-untyped-call]


def broker_answers(settings: Settings) -> bool:
    """True if the broker can be reached."""
    broker = Broker(settings)
    try:
        return broker.ping()
    finally:
        broker.close()
