"""Sites and their counters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, insert, select, update

from sokbo.domain.archive import Part
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site, StandingLink
from sokbo.storage.session import Session
from sokbo.storage.tables import site_counters, site_versions, sites

_GET = select(sites).where(sites.c.id == bindparam("site_id"))
_COUNTERS = (
    select(site_counters.c.number, site_counters.c.sequence)
    .where(site_counters.c.site_id == bindparam("counted"))
    .with_for_update()
)
_COUNTED = (
    update(site_counters)
    .where(site_counters.c.site_id == bindparam("counted"))
    .values(number=bindparam("number"), sequence=bindparam("sequence"))
)
_TURN = (
    update(site_versions)
    .where(site_versions.c.site_id == bindparam("counted"))
    .values(version=site_versions.c.version + 1)
    .returning(site_versions.c.version, site_versions.c.archive, site_versions.c.withdrawn, site_versions.c.subscribed_until)
)


@dataclass(frozen=True, slots=True)
class SiteVersion:
    """A site's documents as whoever has locked them finds them: their new version's `number`; the `archive`'s newest document,
    None if there is none; the newest publication time of a `withdrawn` article, None if none was withdrawn; and when the last of
    its subscriptions ends, None if there never was one."""

    number: int
    archive: Part | None
    withdrawn: datetime | None
    subscribed_until: datetime | None


@dataclass(slots=True)
class _Counters:
    """The last ones given out in this transaction, which holds the row."""

    number: int
    sequence: int


class SiteRepository:
    def __init__(self, session: Session):
        self._session = session
        self._counters: dict[SiteId, _Counters] = {}

    def add(self, site: Site) -> Site:
        """The site with its id, and its counters at zero."""
        row = self._session.execute(insert(sites).values(**_columns(site)).returning(sites.c.id)).scalar_one()
        self._session.execute(insert(site_counters).values(site_id=row, number=0, sequence=0))
        self._session.execute(insert(site_versions).values(site_id=row, version=0, render_below=1))
        return replace(site, id=SiteId(row))

    def save(self, site: Site) -> None:
        """Writes the site's fields; see `render_anew`."""
        self._session.execute(update(sites).where(sites.c.id == site.id).values(**_columns(site)))

    def render_anew(self, site_id: SiteId) -> None:
        """Has the sweep render everything of the site again, as after a change of its title."""
        above_all = select(site_counters.c.number + 1).where(site_counters.c.site_id == site_id).scalar_subquery()
        self._session.execute(update(site_versions).where(site_versions.c.site_id == site_id).values(render_below=above_all))

    def being_rendered(self) -> Sequence[tuple[SiteId, int]]:
        """The sites that are being rendered anew, and below which article number that goes on."""
        column = site_versions.c.render_below
        rows = self._session.execute(select(site_versions.c.site_id, column).where(column.is_not(None)))
        return [(SiteId(site_id), below) for site_id, below in rows]

    def rendered_down_to(self, site_id: SiteId, before: int, below: int | None) -> bool:
        """Notes how far rendering has come, None for done; False if somebody else has moved it from `before` meanwhile."""
        own = and_(site_versions.c.site_id == site_id, site_versions.c.render_below == before)
        return self._session.execute(update(site_versions).where(own).values(render_below=below)).rowcount == 1

    def by_name(self, name: str) -> Site | None:
        row = self._session.execute(select(sites).where(sites.c.name == name)).first()
        return None if row is None else _site(row)

    def get(self, site_id: SiteId) -> Site:
        return _site(self._session.execute(_GET, {"site_id": site_id}).one())

    def all(self) -> Sequence[Site]:
        return [_site(row) for row in self._session.execute(select(sites).order_by(sites.c.id))]

    def last_number(self, site_id: SiteId) -> int:
        """The newest article's number; 0 before the first."""
        statement = select(site_counters.c.number).where(site_counters.c.site_id == site_id)
        return int(self._session.execute(statement).scalar_one())

    def next_number(self, site_id: SiteId) -> int:
        """The next article's number. Holds the site's counters until the transaction ends."""
        counters = self._held(site_id)
        counters.number += 1
        self._note(site_id, counters)
        return counters.number

    def next_sequence(self, site_id: SiteId) -> int:
        """The next event's sequence number. Holds the site's counters until the transaction ends."""
        counters = self._held(site_id)
        counters.sequence += 1
        self._note(site_id, counters)
        return counters.sequence

    def advance_version(self, site_id: SiteId) -> SiteVersion:
        """A new version for the site's documents. Whoever has it assembles alone until the transaction ends."""
        version, archive, *others = self._session.execute_ahead(_TURN, {"counted": site_id}).one()
        return SiteVersion(version, None if archive is None else Part.from_key(archive), *others)

    def skip_numbers(self, numbers: int) -> None:
        """Leaves out so many numbers and sequence numbers in every site."""
        values = {"number": site_counters.c.number + numbers, "sequence": site_counters.c.sequence + numbers}
        self._session.execute(update(site_counters).values(values))

    def hold_counters(self, site_id: SiteId) -> None:
        """Makes everyone else who would accept something for the site wait until the transaction ends."""
        self._held(site_id)

    def _held(self, site_id: SiteId) -> _Counters:
        """Read once for all that one transaction accepts, and written back once."""
        counters = self._counters.get(site_id)
        if counters is None:
            number, sequence = self._session.execute_ahead(_COUNTERS, {"counted": site_id}).one()
            counters = self._counters[site_id] = _Counters(number, sequence)
        return counters

    def _note(self, site_id: SiteId, counters: _Counters) -> None:
        values = {"counted": site_id, "number": counters.number, "sequence": counters.sequence}
        self._session.update_later(_COUNTED, site_id, values)

    def versions(self) -> dict[SiteId, int]:
        """Every site's current document version."""
        rows = self._session.execute(select(site_versions.c.site_id, site_versions.c.version))
        return {SiteId(site_id): version for site_id, version in rows}


def _columns(site: Site) -> dict[str, Any]:
    return {
        "name": site.name,
        "title": site.title,
        "base_url": site.base_url,
        "language": site.language,
        "timezone": site.timezone,
        "description": site.description,
        "footer": site.footer,
        "standing_text": site.standing_link and site.standing_link.text,
        "standing_url": site.standing_link and site.standing_link.url,
        "logo": site.logo,
        "created_at": site.created_at,
    }


def _site(row: Row[Any]) -> Site:
    return Site(
        id=SiteId(row.id),
        name=row.name,
        title=row.title,
        base_url=row.base_url,
        created_at=row.created_at,
        language=row.language,
        timezone=row.timezone,
        description=row.description,
        footer=row.footer,
        standing_link=StandingLink(row.standing_text, row.standing_url) if row.standing_url else None,
        logo=row.logo,
    )
