"""The embedded broker behind its socket: in a folder of any name, and when the socket is removed."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis

from sokbo import broker_process
from sokbo.broker import redis_url
from tests.publisher import Publisher
from tests.system import System, up
from tests.waiting import eventually

ODD_NAME = '속 보 "a"?b#c%20$d;e\''


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """In a folder of an odd name, and near the root: too long a path would have the socket put elsewhere."""
    with TemporaryDirectory(prefix=ODD_NAME) as folder, up(Path(folder)) as running:
        yield running


def test_folder_may_have_any_name(system: System, publisher: Publisher) -> None:
    assert ODD_NAME in str(system.settings.broker_socket)
    assert {path.name for path in system.settings.data.iterdir()} >= {"sokbo.db", "broker", "public-url"}
    publisher.post("하나", breaking=True)
    publisher.await_text("feed.rss", "하나")


def test_broker_without_its_socket_is_replaced_and_holds_up_no_article(system: System, publisher: Publisher) -> None:
    socket = system.settings.broker_socket
    socket.unlink()

    publisher.post("하나")
    publisher.await_text("feed.rss", "하나", seconds=5)

    eventually(lambda: broker_process.answers(socket), 15)
    publisher.post("둘")
    publisher.await_text("feed.rss", "둘", seconds=5)
    client = redis.Redis.from_url(redis_url(system.settings))
    eventually(lambda: len(client.client_list(_type="pubsub")) >= 1, 5)
    client.close()
