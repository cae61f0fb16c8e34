"""The least that a publish can cost on this stack: one commit on this disk, and one empty Celery task over this broker."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import redis
from celery import Celery

from bench.noop_worker import QUEUE, STARTED, TASK
from sokbo.broker import celery_url, redis_url
from sokbo.settings import Settings

WORKER_START_SECONDS = 30
WARM_UP_TASKS = 5


def commit_seconds(folder: Path, samples: int) -> list[float]:
    """How long each of some transactions of one small row takes in an SQLite file in that folder."""
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE floor (text TEXT)")
        seconds = []
        for _ in range(samples):
            began = time.perf_counter()
            connection.execute("INSERT INTO floor VALUES ('row')")
            seconds.append(time.perf_counter() - began)
        return seconds


def task_start_seconds(settings: Settings, samples: int) -> list[float]:
    """How long each of some empty tasks takes from its sending to its start, in a worker of its own."""
    app = Celery(broker=celery_url(settings), set_as_current=False)
    with _worker(settings), closing(redis.Redis.from_url(redis_url(settings))) as client, closing(app):
        seconds = []
        for _ in range(WARM_UP_TASKS + samples):
            began = time.monotonic()
            app.send_task(TASK, queue=QUEUE, ignore_result=True)
            popped = client.blpop([STARTED], timeout=WORKER_START_SECONDS)
            if popped is None:
                raise TimeoutError("the empty task doesn't start")
            seconds.append(float(popped[1]) - began)
        return seconds[WARM_UP_TASKS:]


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.noop_worker", celery_url(settings), redis_url(settings)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # where Celery says good-bye
    try:
        yield
    finally:
        process.terminate()
        process.wait()
