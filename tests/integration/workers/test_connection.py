"""A worker's connection to the broker, through the broker's death."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from sokbo import broker_process
from tests.waiting import eventually
from workers.connection import RECONNECT_SECONDS, hold_on


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
    hold_on(Celery("sokbo", set_as_current=False))
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


def test_broker_that_has_been_away_for_long_is_found_as_soon_as_one_that_has_not(tmp_path: Path) -> None:
    app = Celery("sokbo", broker=f"redis+socket://{tmp_path / 'nobody.sock'}", set_as_current=False)
    hold_on(app)
    waits: list[float] = []

    def note(_error: Exception, wait_seconds: float) -> None:
        waits.append(wait_seconds)
        if len(waits) == 2:
            raise StopIteration

    with app.connection_for_read() as connection, pytest.raises(StopIteration):
        connection.ensure_connection(note)

    assert waits == [RECONNECT_SECONDS] * 2


def test_beat_is_told_in_time_that_nobody_takes_its_task(tmp_path: Path) -> None:
    app = Celery("sokbo", broker=f"redis+socket://{tmp_path / 'nobody.sock'}", set_as_current=False)
    hold_on(app)

    with pytest.raises(OperationalError):
        app.send_task("sokbo.sweep", retry=True, retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0})
