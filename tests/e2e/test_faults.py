"""What the running system survives: nothing that was accepted is lost, and readers hardly notice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import redis

from sokbo.broker import redis_url
from tests.publisher import Publisher
from tests.receiver import Receiver
from tests.system import System, up
from tests.waiting import eventually


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of this module's own: what is killed here must not trouble other tests."""
    with up(tmp_path_factory.mktemp("faults")) as running:
        yield running


def worker(system: System, queue: str) -> psutil.Process:
    """The queue's worker, once it runs."""
    return eventually(lambda: system.family(f"celeryd: {queue}@"), 15)[0]


@pytest.mark.parametrize("queue", ["default", "breaking"])
def test_article_posted_after_a_worker_was_killed_is_visible_and_pushed_within_five_seconds(
    system: System, publisher: Publisher, receiver: Receiver, queue: str
) -> None:
    publisher.register(receiver.url)
    worker(system, queue).kill()
    publisher.post("하나", breaking=queue == "breaking")
    publisher.await_text("feed.rss", "하나", seconds=5)
    receiver.wait_for(1, seconds=5)
    worker(system, queue)


def freeze_between_transactions(system: System, victim: psutil.Process) -> None:
    """Suspends it at a moment at which it doesn't hold the database's lock, so that others can write."""
    with closing(sqlite3.connect(system.settings.database_file, timeout=0.0, isolation_level=None)) as connection:
        while True:
            victim.suspend()
            with suppress(sqlite3.OperationalError):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
                return
            victim.resume()


@pytest.mark.parametrize("queue", ["default", "breaking"])
def test_worker_killed_amid_its_work_leaves_it_to_the_next(system: System, publisher: Publisher, queue: str) -> None:
    """What it had taken is neither lost nor held back by the message that it never acknowledged."""
    victim = worker(system, queue)
    freeze_between_transactions(system, victim)
    try:
        publisher.post("하나", breaking=queue == "breaking")
    finally:
        victim.kill()
    publisher.await_text("feed.rss", "하나", seconds=6)


def test_frozen_beat_holds_nothing_up(system: System, publisher: Publisher) -> None:
    [beat] = system.family("sokbo: beat") or system.family("beat")
    beat.suspend()
    try:
        publisher.post("내일", published_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
        publisher.await_text("feed.rss", "내일", seconds=6)
    finally:
        beat.resume()


def test_flushed_broker_loses_nothing(system: System, publisher: Publisher, receiver: Receiver) -> None:
    publisher.register(receiver.url)
    broker = redis.Redis.from_url(redis_url(system.settings))
    for number in range(5):
        publisher.post(f"기사 {number}")
        broker.flushall()
    broker.close()
    for number in range(5):
        publisher.await_text("feed.rss", f"기사 {number}")
    receiver.wait_for(5)


def test_dead_broker_keeps_no_article_from_being_accepted(system: System, publisher: Publisher, receiver: Receiver) -> None:
    publisher.register(receiver.url)
    [broker] = system.family("valkey-server")
    broker.kill()
    publisher.post("하나")
    publisher.await_text("feed.rss", "하나", seconds=10)
    receiver.wait_for(1, seconds=10)


def test_killed_service_is_back_with_all_that_it_accepted(system: System, publisher: Publisher) -> None:
    publisher.post("하나")
    [service, *_] = system.family("sokbo: service")
    service.kill()

    def answers() -> bool:
        try:
            return "하나" in publisher.read("feed.rss").text
        except OSError:
            return False

    eventually(answers, 10)
