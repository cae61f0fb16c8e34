"""Documents that wait to be assembled: each row is deleted in the transaction that stores its documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, tuple_

from sokbo.domain.assembly import Assembly
from sokbo.domain.ids import SiteId
from sokbo.storage.dialects import insert_or_replace
from sokbo.storage.leases import NOW
from sokbo.storage.session import Session
from sokbo.storage.tables import assemblies

_KEY = tuple_(assemblies.c.site_id, assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
_NEXT = (
    select(assemblies.c.site_id, assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
    .where(assemblies.c.site_id == bindparam("site"), assemblies.c.due_at <= NOW)
    .order_by(assemblies.c.due_at, assemblies.c.kind, assemblies.c.key)
    .limit(bindparam("room"))
)
_TAKE = delete(assemblies).where(_KEY.in_(_NEXT)).returning(assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
_SITES = select(assemblies.c.site_id).where(assemblies.c.due_at <= NOW).distinct()


class AssemblyRepository:
    def __init__(self, session: Session):
        self._session = session

    def want(self, site_id: SiteId, wanted: Iterable[Assembly], due_at: datetime) -> None:
        """Has them made from then on; one that waits already is made once."""
        rows = [
            {"site_id": site_id, "kind": item.kind, "key": item.key, "anew": item.anew, "due_at": due_at}
            for item in sorted(set(wanted))
        ]
        if rows:
            self._session.insert_later(insert_or_replace(self._session.dialect, assemblies), *rows)

    def take(self, site_id: SiteId, now: datetime, limit: int) -> Sequence[Assembly]:
        """Up to `limit` of the site's that are due, which wait no longer if the transaction commits. Hold the site's version."""
        rows = self._session.execute(_TAKE, {"site": site_id, "now": now, "room": limit})
        return sorted(Assembly(kind, key, anew) for kind, key, anew in rows)

    def sites(self, now: datetime) -> Sequence[SiteId]:
        """The sites that have some due."""
        return [SiteId(number) for number in self._session.execute(_SITES, {"now": now}).scalars()]

    def counts(self) -> dict[SiteId, int]:
        """How many of each site's wait, due or not."""
        counted = select(assemblies.c.site_id, func.count()).group_by(assemblies.c.site_id)
        return {SiteId(site_id): count for site_id, count in self._session.execute(counted)}

    def waiting(self, now: datetime) -> tuple[int, float]:
        """How many wait, and for how many seconds the oldest has been due."""
        count, oldest = self._session.execute(select(func.count(), func.min(assemblies.c.due_at))).one()
        return count, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
