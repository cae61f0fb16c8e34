"""Checkpoints of SQLite's write-ahead log, from a thread beside those who write.

SQLite itself makes one within the commit that has filled the log with a thousand pages, and whoever made that commit waits for
the disk: some 25 ms where a commit takes a third of one.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

import structlog

#: The log gets a thousand pages by about so many changed rows.
ROWS = 1_000
#: What is left to SQLite: the pages at which a commit makes a checkpoint after all, should nobody else come to it.
PAGES = 4000

log = structlog.get_logger()


class Checkpointer:
    """Makes a checkpoint after some changes by its process. `connect` opens a connection to the database."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]):
        self._connect = connect
        self._rows = 0
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def count(self, rows: int) -> None:
        """So many more rows have been changed. Returns at once."""
        self._rows += rows  # of several threads at once, one may be lost: they needn't be exact
        if self._rows >= ROWS:
            self._rows = 0
            self._due.set()

    def close(self) -> None:
        """Ends, after the checkpoint under way."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._closing:
                return
            try:
                with closing(self._connect()) as connection:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # waits for nobody, and holds up nobody
            except sqlite3.Error as error:  # such as a full disk; the log only grows until the next one
                log.warning("checkpoint_failed", reason=str(error))
