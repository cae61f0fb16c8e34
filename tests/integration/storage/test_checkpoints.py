"""The write-ahead log comes into the database without a commit that waits for it."""

import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sokbo.domain.assembly import Assembly
from sokbo.settings import sqlite_url
from sokbo.storage import Database, migrate
from sokbo.storage.checkpoints import ROWS, Checkpointer
from tests.newsroom import Newsroom
from tests.waiting import eventually


@pytest.fixture
def file(tmp_path: Path) -> Path:
    migrate(sqlite_url(tmp_path / "sokbo.db"))
    return tmp_path / "sokbo.db"


def test_what_workers_commit_comes_into_the_file_after_some_rows(file: Path) -> None:
    database = Database(sqlite_url(file), durable=False)
    newsroom = Newsroom.open(database)
    before = file.stat().st_mtime_ns  # a commit writes to the log alone
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [Assembly("tag", str(number)) for number in range(ROWS)], uow.now)
        uow.commit()
    eventually(lambda: file.stat().st_mtime_ns != before)
    database.close()


def test_checkpoint_that_fails_is_told_and_the_next_one_is_made(file: Path) -> None:
    made = []

    def connect() -> sqlite3.Connection:
        made.append(1)
        if len(made) == 1:
            raise sqlite3.OperationalError("disk I/O error")
        return sqlite3.connect(file)

    checkpointer = Checkpointer(connect)
    with capture_logs() as logs:
        for number in (1, 2):
            checkpointer.count(ROWS)
            eventually(lambda number=number: len(made) == number)  # type: ignore[misc]  # mypy can't type a lambda's default
    checkpointer.close()
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("checkpoint_failed", "disk I/O error")]
