"""What waits since the clock was ahead, once it has been put right: by a real server whose clock the test sets off."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from chaos.clock import Clock
from chaos.postgresql import Server, identity, initialised
from sokbo.storage import Database, migrate
from tests.newsroom import Newsroom
from tests.waiting import eventually

SECONDS = 20.0


@contextmanager
def running(server: Server, clock: Clock) -> Iterator[str]:
    """The server, by that clock; its URL."""
    with subprocess.Popen(
        server.command,
        env=os.environ | clock.environment,
        stderr=subprocess.DEVNULL,
        **identity(server.user),  # type: ignore[call-overload]  # the keywords are Popen's
    ) as process:
        try:
            eventually(lambda: _answers(server.url), SECONDS)
            yield server.url
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: it waits for no session


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_what_waits_since_the_clock_was_ahead_frees_its_locks_when_it_is_right(tmp_path: Path) -> None:
    clock = Clock.make(tmp_path)
    if clock.library is None:
        pytest.skip("there is no C compiler")
    with initialised(tmp_path) as server:
        migrate(server.url)
    with running(server, clock) as url:
        database = Database(url)
        first, second = Newsroom.open(database).site.id, Newsroom.open(database).site.id
        failed = []

        def lock(one: int, other: int, both: threading.Barrier) -> None:
            try:
                with psycopg.connect(url, options="-c lock_timeout=5s") as connection:
                    connection.execute("SELECT 1 FROM site_counters WHERE site_id = %s FOR UPDATE", (one,))
                    both.wait(SECONDS)
                    connection.execute("SELECT 1 FROM site_counters WHERE site_id = %s FOR UPDATE", (other,))
            except psycopg.Error as error:
                failed.append(error)

        clock.set_off(2.5)
        both = threading.Barrier(3)
        waiting = [threading.Thread(target=lock, args=(*pair, both)) for pair in ((first, second), (second, first))]
        for thread in waiting:
            thread.start()
        both.wait(SECONDS)
        eventually(lambda: _waiting(url) == 2, SECONDS)
        clock.set_off(0.0)

        for thread in waiting:
            thread.join(SECONDS)
        assert len(failed) in (1, 2)
        with database.write() as uow:
            assert uow.sites.next_number(first) == 1
        database.close()


def _waiting(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    assert row is not None
    return int(row[0])
