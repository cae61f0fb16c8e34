import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sokbo.errors import StartupError
from sokbo.storage import copying
from sokbo.storage.copying import check_database, copy_database


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database of some hundred pages."""
    file = tmp_path / "source.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE articles (number INTEGER PRIMARY KEY, body BLOB)")
        connection.executemany("INSERT INTO articles VALUES (?, ?)", [(number, bytes(4000)) for number in range(300)])
        connection.commit()
    return file


def test_copy_is_of_one_moment_and_ends_while_others_commit_between_its_steps(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_STEP_PAGES", 10)
    steps: list[int] = []
    with closing(sqlite3.connect(source, timeout=0)) as writer:

        def write(done: int, _total: int) -> None:
            steps.append(done)
            writer.execute("UPDATE articles SET body = 'later'")
            writer.execute("INSERT INTO articles (body) VALUES ('later')")
            writer.commit()

        copy_database(source, tmp_path / "copy.db", write)

    assert steps == sorted(set(steps))  # it never began again
    assert len(steps) > 10
    check_database(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM articles WHERE body != 'later'").fetchone() == (300,)
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (300,)


def test_place_that_can_not_be_written_is_one_line(source: Path, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"^can't copy .*source.db: unable to open database file$"):
        copy_database(source, tmp_path / "none" / "copy.db", lambda *_: None)
