"""Documents that wait to be assembled: each row is deleted in the transaction that stores its documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Delete, bindparam, delete, func, or_, select, tuple_

from sokbo.domain.assembly import ARCHIVE_CLOSING, INTERMEDIATE_KINDS, Assembly
from sokbo.domain.ids import SiteId
from sokbo.storage.lease_conditions import NOW
from sokbo.storage.session import Session
from sokbo.storage.tables import assemblies
from sokbo.storage.types import UtcDateTime
from sokbo.storage.upserts import insert_or_advance

#: None is put off for longer; what is due farther in the future was put there by a clock that was ahead.
LONGEST_WAIT = timedelta(minutes=5)

_KEY = tuple_(assemblies.c.site_id, assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
_FARTHEST: BindParameter[Any] = bindparam("farthest", type_=UtcDateTime)
_IS_DUE = or_(assemblies.c.due_at <= NOW, assemblies.c.due_at > _FARTHEST)


def _take(condition: ColumnElement[bool]) -> Delete:
    chosen = (
        select(assemblies.c.site_id, assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
        .where(assemblies.c.site_id == bindparam("site"), _IS_DUE, condition)
        .order_by(assemblies.c.due_at, assemblies.c.kind, assemblies.c.key)
        .limit(bindparam("room"))
    )
    return delete(assemblies).where(_KEY.in_(chosen))


_TAKEN = (assemblies.c.kind, assemblies.c.key, assemblies.c.anew)
_TAKE = _take(assemblies.c.kind.not_in(INTERMEDIATE_KINDS)).returning(*_TAKEN)
_TAKE_LEADING = _take(assemblies.c.kind.in_(INTERMEDIATE_KINDS)).returning(*_TAKEN)
_SITES = select(assemblies.c.site_id).where(_IS_DUE).distinct()
_ANY = (
    select(assemblies.c.kind)
    .where(assemblies.c.site_id == bindparam("site"), _IS_DUE, assemblies.c.kind != ARCHIVE_CLOSING)
    .limit(1)
)


class AssemblyRepository:
    def __init__(self, session: Session):
        self._session = session

    def want(self, site_id: SiteId, wanted: Iterable[Assembly], due_at: datetime) -> None:
        """Has them made from then on; one that waits already is made once, and no later than it would have been: what is wanted
        again and again must get its turn too."""
        rows = [
            {"site_id": site_id, "kind": item.kind, "key": item.key, "anew": item.anew, "due_at": due_at}
            for item in sorted(set(wanted))
        ]
        if rows:
            self._session.insert_later(insert_or_advance(self._session.dialect, assemblies, "due_at"), *rows)

    def take(self, site_id: SiteId, now: datetime, limit: int, leading: int) -> Sequence[Assembly]:
        """Up to `leading` of the site's that are due and lead to others; if there aren't as many, also up to `limit` of those,
        which are then made once for all that leads to them. They wait no longer if the transaction commits. Hold the site's
        version."""
        chosen = {"site": site_id, **_moments(now)}
        taken = list(self._session.execute(_TAKE_LEADING, chosen | {"room": leading}).all())
        if len(taken) < leading:
            taken += self._session.execute(_TAKE, chosen | {"room": limit}).all()
        return sorted(Assembly(kind, key, anew) for kind, key, anew in taken)

    def sites(self, now: datetime) -> Sequence[SiteId]:
        """The sites that have some due."""
        return [SiteId(number) for number in self._session.execute(_SITES, _moments(now)).scalars()]

    def has_due(self, site_id: SiteId, now: datetime) -> bool:
        """True if some of the site's are due that events want; a document of the archive waits for its end by itself."""
        return self._session.execute(_ANY, {"site": site_id, **_moments(now)}).first() is not None

    def counts(self) -> dict[SiteId, int]:
        """How many of each site's wait, due or not."""
        counted = select(assemblies.c.site_id, func.count()).group_by(assemblies.c.site_id)
        return {SiteId(site_id): count for site_id, count in self._session.execute(counted)}

    def waiting(self, now: datetime) -> tuple[int, float]:
        """How many wait, and for how many seconds the oldest has been due."""
        count, oldest = self._session.execute(select(func.count(), func.min(assemblies.c.due_at))).one()
        return count, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "farthest": now + LONGEST_WAIT}
