"""A worker's connection to the broker, through the broker's death."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from sokbo import broker_process
from tests.waiting import eventually
from workers import acknowledging


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    socket = tmp_path / "valkey.sock"
    command = [str(broker_process.find_server()), *broker_process.server_arguments(tmp_path, socket)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: broker_process.answers(socket))
        yield process, socket
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("ending", ["basic_ack", "basic_reject"])
def test_worker_takes_further_messages_when_it_could_not_acknowledge_the_last(
    broker: tuple[subprocess.Popen[bytes], Path], ending: str
) -> None:
    process, socket = broker
    acknowledging.install()
    line = Connection(f"redis+socket://{socket}")  # type: ignore[no-untyped-call]  # kombu is typed in part
    with line as connection, connection.channel() as channel:
        channel.basic_qos(0, 1, False)
        connection.SimpleQueue("breaking").put("a sweep")
        taken = eventually(lambda: channel.basic_get("breaking"))
        assert not channel.qos.can_consume()
        process.kill()
        process.wait()

        with pytest.raises((OperationalError, *connection.connection_errors)):
            getattr(channel, ending)(taken.delivery_tag)

        assert channel.qos.can_consume()
