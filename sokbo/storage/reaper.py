"""Ends the sessions that PostgreSQL can't end in time because its clock was ahead when they began to wait.

Its limits (for locks, statements and open transactions) and its look for deadlocks go by the machine's clock. What was set while
that was ahead is due hours later once it is right again, and what such sessions have locked would be locked for so long.
"""

import threading

import psycopg
import structlog

LOOK_SECONDS = 2.0
CONNECT_SECONDS = 5
#: Sessions of our own in a transaction that began, or has begun to wait, at a time that hasn't come yet.
_END_MISDATED = """
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle'
    AND greatest(xact_start, query_start, state_change) > clock_timestamp() + interval '1 second'
"""

log = structlog.get_logger()


class Reaper:
    """Looks from a thread and a connection of its own, until it is closed: a session that waits can't end itself."""

    def __init__(self, url: str):
        """`url`: PostgreSQL's, with or without the name of a driver in its scheme."""
        self._url = f"postgresql://{url.partition('://')[2]}"
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="reaper", daemon=True).start()

    def close(self) -> None:
        """Tells the thread to end, and doesn't wait: it does after what it is asking the server, if anything."""
        self._closed.set()

    def _run(self) -> None:
        said = ""
        while not self._closed.wait(LOOK_SECONDS):
            try:
                self._look()
            except psycopg.Error as error:  # the server is away, or doesn't let us in; it is asked again after a moment
                reason = " ".join(str(error).split())
                if reason != said:
                    log.warning("sessions_unwatched", reason=reason)
                said = reason

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            while not self._closed.wait(LOOK_SECONDS):
                row = connection.execute(_END_MISDATED).fetchone()
                if row is not None and row[0] > 0:
                    log.warning("sessions_ended", sessions=row[0], reason="they began by a clock that was ahead")
