"""What must be in the database before the service starts: the schema, sites that are where the service is, and on the first
start a site and a key to it."""

from dataclasses import dataclass

from sokbo import keys, sites
from sokbo.cli.opening import by_command
from sokbo.cli.public_url import note_url, noted_url
from sokbo.domain.key import Scope
from sokbo.errors import StartupError
from sokbo.net.urls import UnusableUrl, check_url
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork, migrate

SITE_NAME = "news"
SITE_TITLE = "Sokbo News"
SCOPES = (Scope.PUBLISH, Scope.PARTNERS, Scope.READ)


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The site that was made, and its API key, which is shown this once."""

    site: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: on the first start, and to the sites that `moved`, whose base URLs are now below the public URL; and where
    all sites are."""

    first_start: FirstStart | None = None
    moved: tuple[str, ...] = ()
    site_urls: tuple[str, ...] = ()


def prepare(settings: Settings) -> Prepared:
    """Brings the schema up to date and the sites to where the service now is, and makes the site `news` if there is none.

    Raises StartupError when the public URL can't be one.
    """
    migrate(settings.resolved_database_url)
    url = _own_url(settings)
    database = Database(settings.resolved_database_url)
    try:
        with database.write() as uow:
            old_url = noted_url(settings.data)
            moved = sites.move(uow, old_url, url, **by_command()) if old_url and old_url != url else []
            first_start = None if uow.sites.all() else _first_start(uow, url)
            site_urls = tuple(site.base_url for site in uow.sites.all())
            uow.commit()
    finally:
        database.close()
    note_url(settings.data, url)  # last: a start that ends before moves them the next time
    return Prepared(first_start, tuple(site.name for site in moved), site_urls)


def _first_start(uow: UnitOfWork, url: str) -> FirstStart:
    by = by_command()
    fields = {"name": SITE_NAME, "title": SITE_TITLE, "base_url": f"{url}/{SITE_NAME}"}
    site = sites.create(uow, fields, **by)
    _, token = keys.issue(uow, site.id, SCOPES, "first start", **by)
    return FirstStart(site.name, token)


def _own_url(settings: Settings) -> str:
    """The public URL, written as sites' base URLs are. Raises StartupError when it can't be one."""
    try:
        return str(check_url(settings.resolved_public_url)).rstrip("/")
    except UnusableUrl as error:
        raise StartupError(f"SOKBO_PUBLIC_URL: {error}") from error
