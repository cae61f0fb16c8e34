"""What must be in the database before the service starts: the schema, and on the first start a site and a key to it."""

from dataclasses import dataclass

from sokbo.settings import Settings
from sokbo.storage import migrate


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The site that was made, and its API key, which is shown this once."""

    site: str
    api_key: str


def prepare(settings: Settings) -> FirstStart | None:
    """Brings the schema up to date; what the first start made, or None on a later one."""
    migrate(settings.resolved_database_url)
    return first_start(settings)


def first_start(settings: Settings) -> FirstStart | None:
    """Makes the site `news` and a key if there is no site yet; else None."""
    return None
