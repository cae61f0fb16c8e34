"""Making and changing sites. Each operation happens within the caller's transaction, with its audit; the caller commits."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator

from sokbo.domain.dialects import DIALECTS
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site, StandingLink, has_its_host, host_of, is_site_name
from sokbo.errors import Conflict, FieldError, Invalid, NotFound
from sokbo.fields import FieldsModel, language_tag, line, logo_url, validate
from sokbo.net.urls import check_url
from sokbo.storage import UnitOfWork

MAX_TITLE = 200
MAX_TEXT = 2_000


def _name(name: str) -> str:
    if not is_site_name(name):
        raise ValueError("must be 1 to 40 lower-case letters, digits and inner hyphens, and no word that Sokbo reserves")
    return name


def _base_url(url: str) -> str:
    if url.endswith("/") or "?" in url or "#" in url:
        raise ValueError("must not end in a slash or have a query or fragment")
    return str(check_url(url))


def _standing_url(url: str) -> str:
    """The URL, percent-encoded. A person follows it, so that unlike in a URL to push to a fragment has a meaning."""
    if not url:
        return ""
    address, mark, fragment = url.partition("#")
    parsed = check_url(address)
    return str(parsed.with_fragment(fragment) if mark else parsed)


def _logo(url: str | None) -> str | None:
    return logo_url(url) if url else None


def _timezone(key: str) -> str:
    if key not in available_timezones():
        raise ValueError("must be a time zone of the IANA database, such as Asia/Seoul")
    return key


class SiteInput(FieldsModel):
    """A site's fields after all the rules: URLs are percent-encoded. An empty standing URL means no standing link, an
    empty logo none."""

    name: Annotated[str, AfterValidator(_name)]
    title: Annotated[str, AfterValidator(line(MAX_TITLE))]
    base_url: Annotated[str, AfterValidator(_base_url)]
    language: Annotated[str, AfterValidator(language_tag)] = "ko"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Seoul"
    description: Annotated[str, AfterValidator(line(MAX_TEXT, empty=True))] = ""
    footer: Annotated[str, AfterValidator(line(MAX_TEXT, empty=True))] = ""
    standing_text: Annotated[str, AfterValidator(line(MAX_TITLE, empty=True))] = ""
    standing_url: Annotated[str, AfterValidator(_standing_url)] = ""
    logo: Annotated[str | None, AfterValidator(_logo)] = None

    def domain_fields(self) -> dict[str, Any]:
        """What a Site is made of, by its names."""
        fields = self.model_dump(exclude={"standing_text", "standing_url"})
        link = StandingLink(self.standing_text, self.standing_url) if self.standing_url else None
        return {**fields, "standing_link": link}


def create(uow: UnitOfWork, values: Mapping[str, object], *, actor: str, request_id: str) -> Site:
    """A new site, to be rendered at the next sweep. Raises Invalid, and Conflict if its name or base URL is another's."""
    wanted = _parse(values)
    _refuse_another_of(uow, wanted, None)
    site = uow.sites.add(Site(id=SiteId(0), created_at=uow.now, **wanted.domain_fields()))
    return _changed(uow, site, "site.create", actor, request_id)


def change(uow: UnitOfWork, name: str, values: Mapping[str, object], *, actor: str, request_id: str) -> Site:
    """The site with these fields changed, to be rendered anew. Raises NotFound, Invalid, Conflict."""
    site = find(uow, name)
    if values.get("standing_url") == "" and "standing_text" not in values:  # no link, and nothing that it says
        values = {**values, "standing_text": ""}
    wanted = _parse({**_fields(site), **values, "name": name})
    if wanted.base_url != site.base_url:
        _refuse_another_of(uow, wanted, site)
    if site.logo and not wanted.logo:
        _refuse_if_needed(uow, site)
    site = replace(site, **wanted.domain_fields())
    uow.sites.save(site)
    return _changed(uow, site, "site.change", actor, request_id)


def move(uow: UnitOfWork, old: str, new: str, *, actor: str, request_id: str) -> list[Site]:
    """The sites whose base URL was `old` or below it, now at the same place of `new`; one stays if another is there already.

    Raises Invalid.
    """
    moved = []
    for site in uow.sites.all():
        if site.base_url == old or site.base_url.startswith(f"{old}/"):
            base_url = new + site.base_url.removeprefix(old)
            with suppress(Conflict):
                moved.append(change(uow, site.name, {"base_url": base_url}, actor=actor, request_id=request_id))
    return moved


def rebuild(uow: UnitOfWork, site: Site, *, actor: str, request_id: str) -> None:
    """Has all of the site rendered anew."""
    _changed(uow, site, "site.rebuild", actor, request_id)


def find(uow: UnitOfWork, name: str) -> Site:
    """Raises NotFound."""
    site = uow.sites.by_name(name) if is_site_name(name) else None
    if site is None:
        raise NotFound(f"there is no site {name}")
    return site


def _parse(values: Mapping[str, object]) -> SiteInput:
    wanted = validate(SiteInput, values)
    if wanted.standing_text and not wanted.standing_url:
        raise Invalid(FieldError("standing_url", "is required with standing_text", "required"))
    return wanted


def _fields(site: Site) -> dict[str, object]:
    link = site.standing_link or StandingLink("", "")
    fields: dict[str, object] = {
        name: getattr(site, name) for name in SiteInput.model_fields if name not in {"standing_text", "standing_url"}
    }
    return {**fields, "standing_text": link.text, "standing_url": link.url}


def _refuse_another_of(uow: UnitOfWork, wanted: SiteInput, itself: Site | None) -> None:
    for other in uow.sites.all():
        if itself is not None and other.id == itself.id:
            continue
        if other.name == wanted.name:
            raise Conflict(f"there is a site {wanted.name} already")
        if other.base_url == wanted.base_url:
            raise Conflict(f"the site {other.name} has the base URL {wanted.base_url} already")
        is_alone = has_its_host(wanted.base_url) or has_its_host(other.base_url)
        if is_alone and host_of(wanted.base_url) == other.host:
            raise Conflict(f"the site {other.name} is at {other.base_url}: one at a host itself has that host alone")


def _refuse_if_needed(uow: UnitOfWork, site: Site) -> None:
    """Holds the logo for the feeds that must have one and have none of their own."""
    for selection in uow.selections.of_site(site.id):
        dialect = DIALECTS.get(selection.profile)
        if dialect and dialect.needs_logo and not selection.logo:
            raise Invalid(FieldError("logo", f"is required for the selection {selection.name}", "required"))


def _changed(uow: UnitOfWork, site: Site, action: str, actor: str, request_id: str) -> Site:
    uow.sites.render_anew(site.id)
    uow.audit.record(site.id, actor, action, site.name, request_id, uow.now)
    return site
