"""The database as the commands use it, also while `sokbo up` runs on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sokbo.domain.ids import new_id
from sokbo.errors import StartupError
from sokbo.settings import Settings, load_settings
from sokbo.storage import Database, is_up_to_date, migrate

#: Who the audit says did it.
ACTOR = "cli"


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Settings, Database]]:
    """The settings and their database. The embedded one's schema is brought up to date if need be.

    Raises StartupError when there is no embedded one, or when another one's schema isn't up to date: all who use that one
    should know when it changes.
    """
    settings = load_settings(data=data)
    if not settings.database_url:
        check_started(settings)
        migrate(settings.resolved_database_url)
    elif not is_up_to_date(settings.database_url):
        raise StartupError("the database's schema is not up to date: run `sokbo migrate`")
    database = Database(settings.resolved_database_url)
    try:
        yield settings, database
    finally:
        database.close()


def check_started(settings: Settings) -> None:
    """Raises StartupError when the embedded database isn't there: in a mistyped folder no new one shall appear."""
    if not settings.database_file.exists():
        where = settings.data.resolve()
        raise StartupError(f"there is no Sokbo in {where}: start `sokbo up` there once, or say where with --data")


def by_command() -> dict[str, str]:
    """The actor and a new request id, as every operation takes them."""
    return {"actor": ACTOR, "request_id": new_id("req")}
