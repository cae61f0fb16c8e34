"""Brings a database's schema up to date (Alembic)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text

from sokbo.errors import StartupError
from sokbo.storage.engines import LOCK_WAIT_SECONDS
from sokbo.storage.session import translated

_MIGRATIONS = Path(__file__).parent / "migrations"
#: PostgreSQL's advisory lock that lets one migration run at a time; on SQLite its write lock does the same.
_ADVISORY_LOCK = 0x736F6B626F


def migrate(url: str) -> tuple[str | None, str]:
    """The schema revisions before and after. Safe to run from several processes at once.

    Raises Unavailable when the database can't be had, StartupError when its schema is newer than ours.
    """
    engine = _engine(url)
    try:
        with translated(), _alone(engine), engine.connect() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            head = _head()
            if before not in _revisions():
                raise StartupError(f"the database's schema, {before}, is newer than this Sokbo, which knows {head}")
            if before != head:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
            return before, head
    finally:
        engine.dispose()


def is_up_to_date(url: str) -> bool:
    """True if there is nothing to migrate. Raises Unavailable when the database can't be had."""
    engine = _engine(url)
    try:
        with translated(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == _head()
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revisions() -> set[str | None]:
    """Every schema that can be brought up to date; None is that of an empty database."""
    return {None, *(script.revision for script in _scripts().walk_revisions())}


def _head() -> str:
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


def _engine(url: str) -> Engine:
    """On SQLite each transaction takes the write lock at its beginning, so that a second one reads what the first has made."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("postgres"):
        return create_engine(f"postgresql+psycopg://{rest}")
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": LOCK_WAIT_SECONDS})
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
