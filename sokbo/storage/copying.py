"""Copies the embedded database while others write to it (SQLite's online backup)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sokbo.errors import StartupError

#: Called with the pages copied so far, and how many there are.
Progress = Callable[[int, int], None]

_STEP_PAGES = 1000


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Writes the database as it is at this moment to `target`. Raises StartupError when it can't."""
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as here, closing(sqlite3.connect(target)) as there:
            here.execute("BEGIN")
            # Reading takes the snapshot. It holds up no writer; without it each of their commits would begin the copy again.
            here.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            here.backup(there, pages=_STEP_PAGES, progress=lambda _, left, total: progress(total - left, total))
    except sqlite3.Error as error:
        raise StartupError(f"can't copy {source}: {error}") from error


def check_database(file: Path) -> None:
    """Reads all of the database. Raises StartupError unless it is sound."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise StartupError(f"{file.name} is no sound database: {error}") from error
    if found != "ok":
        raise StartupError(f"{file.name} is no sound database: {' '.join(found.split())}")
