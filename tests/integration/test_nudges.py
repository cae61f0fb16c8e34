"""Nudges are tasks that Celery reads, one at a time for a lane, and find their way again when the broker comes back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

from celery import Celery
from kombu.entity import Queue

from sokbo import broker_process
from sokbo.broker import Broker, Task, celery_url
from sokbo.domain.event import Lane
from sokbo.settings import Settings
from tests.waiting import eventually


@contextmanager
def serving(settings: Settings) -> Iterator[Popen[bytes]]:
    """An embedded broker, until the end of the block at the latest."""
    folder = settings.broker_socket.parent
    folder.mkdir(parents=True, exist_ok=True)
    with Popen([broker_process.find_server(), *broker_process.server_arguments(folder, settings.broker_socket)]) as server:
        try:
            eventually(lambda: broker_process.answers(settings.broker_socket))
            yield server
        finally:
            server.kill()


def tasks(settings: Settings, lane: Lane) -> list[tuple[str, list[str]]]:
    """The names and arguments of what a worker would be given, taken off the lane's queue."""
    with Celery("test", broker=celery_url(settings), set_as_current=False) as app, app.connection_for_read() as connection:
        queue = Queue(lane)(connection.default_channel)  # type: ignore[no-untyped-call]  # kombu is typed in part
        found = []
        while (message := queue.get(no_ack=True)) is not None:  # type: ignore[no-untyped-call]  # as above
            found.append((message.headers["task"], message.decode()[0]))
        return found


def test_nudges_that_nobody_has_taken_yet_are_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with serving(settings), closing(Broker(settings)) as broker:
        for lane in (Lane.DEFAULT, Lane.BREAKING, Lane.DEFAULT):
            assert broker.nudge(Task.SYNDICATE, lane)
        assert tasks(settings, Lane.DEFAULT) == [("sokbo.syndicate", ["default"])]
        assert tasks(settings, Lane.BREAKING) == [("sokbo.syndicate", ["breaking"])]
        broker.taken(Task.SYNDICATE, Lane.DEFAULT)
        assert broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
        assert len(tasks(settings, Lane.DEFAULT)) == 1


def test_nudge_says_that_the_broker_is_away_and_goes_out_again_when_it_is_back(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with closing(Broker(settings)) as broker:
        assert not broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
        for _ in range(2):
            with serving(settings):
                broker.taken(Task.SYNDICATE, Lane.DEFAULT)
                assert broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
                assert tasks(settings, Lane.DEFAULT) == [("sokbo.syndicate", ["default"])]
            assert not broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
