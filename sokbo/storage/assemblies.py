"""Documents that wait to be assembled: each row is deleted in the transaction that stores its documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Delete, bindparam, delete, func, or_, select, tuple_

from sokbo.domain.assembly import ARCHIVED_ARTICLE, Assembly
from sokbo.domain.ids import SiteId
from sokbo.storage.dialects import insert_or_replace
from sokbo.storage.leases import NOW
from sokbo.storage.session import Session
from sokbo.storage.tables import assemblies
from sokbo.storage.types import UtcDateTime

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
_TAKE = _take(assemblies.c.kind != ARCHIVED_ARTICLE).returning(*_TAKEN)
_TAKE_ARTICLES = _take(assemblies.c.kind == ARCHIVED_ARTICLE).returning(*_TAKEN)
_SITES = select(assemblies.c.site_id).where(_IS_DUE).distinct()


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

    def take(self, site_id: SiteId, now: datetime, limit: int, articles: int) -> Sequence[Assembly]:
        """Up to `limit` of the site's that are due, and beside them up to so many `articles` to be archived. They wait no longer
        if the transaction commits. Hold the site's version."""
        chosen = {"site": site_id, **_moments(now)}
        taken = self._session.execute(_TAKE, chosen | {"room": limit}).all()
        archived = self._session.execute(_TAKE_ARTICLES, chosen | {"room": articles}).all()
        return sorted(Assembly(kind, key, anew) for kind, key, anew in (*taken, *archived))

    def sites(self, now: datetime) -> Sequence[SiteId]:
        """The sites that have some due."""
        return [SiteId(number) for number in self._session.execute(_SITES, _moments(now)).scalars()]

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
