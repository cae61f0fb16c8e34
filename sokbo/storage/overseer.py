"""Ends the sessions that PostgreSQL can't end in time because its clock was ahead when they began to wait.

Its limits (for locks, statements and open transactions) and its look for deadlocks go by the machine's clock. What was set while
that was ahead is due hours later once it is right again, and what such sessions have locked would be locked for so long.
"""

import threading
from contextlib import suppress

import psycopg
import structlog

LOOK_SECONDS = 2.0
CONNECT_SECONDS = 5
#: Sessions of our own in a transaction that began, or has begun to wait, at a time that hasn't come yet.
_END = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle'
    AND greatest(xact_start, query_start, state_change) > clock_timestamp() + interval '1 second'
"""

log = structlog.get_logger()


class Overseer:
    """A thread with a connection of its own, until it is closed: those that wait can't free themselves, nor can the dead."""

    def __init__(self, url: str):
        """`url`: PostgreSQL's, with or without the name of a driver in its scheme."""
        self._url = f"postgresql://{url.partition('://')[2]}"
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="overseer", daemon=True).start()

    def close(self) -> None:
        """Has it end: at once, unless it is just asking the server."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            with suppress(psycopg.Error):  # the server is away, and is asked again after a moment
                self._look()

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            while not self._closed.wait(LOOK_SECONDS):
                row = connection.execute(_END).fetchone()
                if row is not None and row[0] > 0:
                    log.warning("sessions_ended", sessions=row[0], reason="they began by a clock that was ahead")
