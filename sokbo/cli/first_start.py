"""What must be in the database before the service starts: the schema, and on the first start a site and a key to it."""

from dataclasses import dataclass

from sokbo import keys, sites
from sokbo.cli.opening import by_command
from sokbo.domain.key import Scope
from sokbo.settings import Settings
from sokbo.storage import Database, migrate

SITE_NAME = "news"
SITE_TITLE = "Sokbo News"
SCOPES = (Scope.PUBLISH, Scope.PARTNERS, Scope.READ)


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
    database = Database(settings.resolved_database_url)
    try:
        with database.write() as uow:
            if uow.sites.all():
                return None
            by = by_command()
            fields = {"name": SITE_NAME, "title": SITE_TITLE, "base_url": f"{settings.resolved_public_url}/{SITE_NAME}"}
            site = sites.create(uow, fields, **by)
            _, token = keys.issue(uow, site.id, SCOPES, "first start", **by)
            uow.commit()
    finally:
        database.close()
    return FirstStart(site.name, token)
