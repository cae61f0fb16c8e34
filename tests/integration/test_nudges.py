"""Nudges are tasks that Celery reads, one at a time for a lane, and find their way again when the broker comes back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest
from celery import Celery
from kombu.entity import Queue

from sokbo import broker_process
from sokbo.broker import MOST_WAITING, Broker, Task, celery_url
from sokbo.domain.event import Lane
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready
from tests.integration.workers.bureau import open_bureau
from tests.waiting import eventually
from workers.runtime import start
from workers.syndicate import syndicate


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


def test_nudges_that_nobody_takes_do_not_pile_up(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with serving(settings), closing(Broker(settings)) as broker:
        for _ in range(2):
            for lane in Lane:
                assert broker.nudge(Task.SYNDICATE, lane)
        for lane in Lane:
            assert tasks(settings, lane) == [("sokbo.syndicate", [lane])]
        for _ in range(MOST_WAITING):
            for task in (Task.SYNDICATE, Task.SWEEP):
                assert broker.nudge(task, Lane.DEFAULT)
        assert len(tasks(settings, Lane.DEFAULT)) == MOST_WAITING
        assert broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
        assert len(tasks(settings, Lane.DEFAULT)) == 1


def test_nudge_says_that_the_broker_is_away_and_goes_out_again_when_it_is_back(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with closing(Broker(settings)) as broker:
        assert not broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
        for _ in range(2):
            with serving(settings):
                assert broker.nudge(Task.SYNDICATE, Lane.DEFAULT)
                assert tasks(settings, Lane.DEFAULT) == [("sokbo.syndicate", ["default"])]
            assert not broker.nudge(Task.SYNDICATE, Lane.DEFAULT)


def test_breaking_news_for_more_partners_than_one_pump_serves_calls_the_other_worker(database: Database, tmp_path: Path) -> None:
    with open_bureau(database, tmp_path, pushes_in_flight=4) as bureau, serving(bureau.runtime.settings):
        for number in range(2):
            bureau.newsroom.subscribe(f"https://{number}.example/hook")
        bureau.newsroom.post("큰불", breaking=True)
        syndicate(bureau.runtime, Lane.BREAKING)
        assert tasks(bureau.runtime.settings, Lane.DEFAULT) == []
        bureau.newsroom.subscribe("https://3.example/hook")
        bureau.newsroom.post("더 큰불", breaking=True)
        syndicate(bureau.runtime, Lane.BREAKING)
        assert tasks(bureau.runtime.settings, Lane.DEFAULT) == [("sokbo.deliver", ["default"])]


@pytest.mark.parametrize(("own", "pushed"), [(Lane.BREAKING, (Lane.BREAKING,)), (Lane.DEFAULT, (Lane.BREAKING, Lane.DEFAULT))])
def test_breaking_news_has_a_pump_of_its_own_and_the_others_help(tmp_path: Path, own: Lane, pushed: tuple[Lane, ...]) -> None:
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    with closing(start(settings, (own,))) as runtime:
        assert runtime.pump.lanes == pushed
