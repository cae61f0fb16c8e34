"""Pictures: what is known of them, the work on those that wait, and the articles that wait for them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, delete, exists, func, or_, select, tuple_, update

from sokbo.domain.ids import ArticleId
from sokbo.domain.picture import Picture, PictureState, Variant
from sokbo.storage.lease_conditions import NOW, UNTIL, is_free, moments
from sokbo.storage.picture_tables import awaited_pictures, picture_variants, pictures
from sokbo.storage.session import Session
from sokbo.storage.types import UtcDateTime
from sokbo.storage.upserts import insert_or_ignore

#: No attempt is put off for longer; what lies farther in the future was put there by a clock that was ahead.
LONGEST_WAIT = timedelta(hours=1)
_FARTHEST: BindParameter[Any] = bindparam("farthest", type_=UtcDateTime)
_IS_TIME = or_(pictures.c.next_attempt_at <= NOW, pictures.c.next_attempt_at > _FARTHEST)
_WAITS = and_(pictures.c.state == PictureState.WAITING, _IS_TIME, is_free(pictures))
_NEXT = (
    select(pictures.c.source)
    .where(_WAITS, pictures.c.source.not_in(bindparam("passed_over", expanding=True)))
    .order_by(pictures.c.next_attempt_at)
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True)
    .cte("next")  # as in `events`
)
_LEASE = (
    update(pictures)
    .where(pictures.c.source.in_(select(_NEXT.c.source)), _WAITS)
    .values(lease_holder=bindparam("holder"), lease_until=UNTIL, attempts=pictures.c.attempts + 1)
    .returning(*pictures.c)
)
_IS_DUE = select(exists().where(_WAITS))
_SETTLED = (
    select(awaited_pictures.c.source, awaited_pictures.c.article_id)
    .where(awaited_pictures.c.settled_at.is_not(None))
    .order_by(awaited_pictures.c.settled_at)
    .limit(bindparam("limit"))
)
#: Locked, so that whoever settles one of them meanwhile finds the rows of those who wait for it.
_STATES = (
    select(pictures.c.source, pictures.c.state)
    .where(pictures.c.source.in_(bindparam("sources", expanding=True)))
    .order_by(pictures.c.source)
    .with_for_update(read=True)
)
_KNOWN = select(pictures).where(pictures.c.source.in_(bindparam("sources", expanding=True)))


class PictureRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, made: Iterable[Picture], now: datetime) -> None:
        """Writes those that aren't there, to be worked on from now on."""
        rows = [_columns(picture) | {"attempts": 0, "next_attempt_at": now, "last_detail": ""} for picture in made]
        if rows:
            self._session.execute(insert_or_ignore(self._session.dialect, pictures), rows)

    def known(self, sources: Collection[str]) -> dict[str, Picture]:
        """Those that are there, by source."""
        if not sources:
            return {}
        rows = self._session.execute(_KNOWN, {"sources": [*sources]})
        return {row.source: picture_from(row) for row in rows}

    def is_due(self, now: datetime, seconds: float) -> bool:
        """True if there is work that nobody is at, where leases last so many seconds."""
        return bool(self._session.execute(_IS_DUE, _moments(now, seconds)).scalar_one())

    def lease(
        self, holder: str, now: datetime, seconds: float, limit: int, passed_over: Collection[str] = ()
    ) -> Sequence[tuple[Picture, int]]:
        """Up to `limit` that wait and that nobody is at, but for those `passed_over`, now held by `holder`, each with the number
        of the attempt."""
        leased = self._session.execute(
            _LEASE, {"holder": holder, "room": limit, "passed_over": [*passed_over], **_moments(now, seconds)}
        )
        return [(picture_from(row), row.attempts) for row in leased]

    def renew(self, sources: Collection[str], holder: str, until: datetime) -> None:
        """Keeps what is under way in `holder`'s hands."""
        if sources:
            held = and_(pictures.c.source.in_(sources), pictures.c.lease_holder == holder)
            self._session.execute(update(pictures).where(held).values(lease_until=until))

    def settle(self, picture: Picture, holder: str, now: datetime, detail: str = "") -> bool:
        """Writes what has become known, for those who wait for it; False if `holder` has lost it meanwhile, and then nothing
        is written."""
        columns = _columns(picture)
        del columns["source"]  # or SQLite would look for whoever refers to it
        if not self._leave(picture.source, holder, {**columns, "last_detail": detail}):
            return False
        if picture.variants:
            names = [{"name": variant.name, "source": picture.source} for variant in picture.variants]
            self._session.execute(insert_or_ignore(self._session.dialect, picture_variants), names)
        waiting = update(awaited_pictures).where(awaited_pictures.c.source == picture.source)
        self._session.execute(waiting.values(settled_at=now))
        return True

    def put_off(self, source: str, holder: str, until: datetime, detail: str) -> bool:
        """Leaves it to another attempt, as `settle` does."""
        return self._leave(source, holder, {"next_attempt_at": until, "last_detail": detail})

    def _leave(self, source: str, holder: str, values: dict[str, Any]) -> bool:
        held = and_(pictures.c.source == source, pictures.c.lease_holder == holder, pictures.c.state == PictureState.WAITING)
        statement = update(pictures).where(held).values(values | {"lease_holder": None, "lease_until": None})
        return self._session.execute(statement).rowcount == 1

    def waiting(self) -> int:
        """How many wait to be measured or resized."""
        statement = select(func.count()).select_from(pictures).where(pictures.c.state == PictureState.WAITING)
        return int(self._session.execute(statement).scalar_one())

    def expect(self, awaited: Collection[tuple[str, ArticleId]], now: datetime) -> None:
        """Has the articles rendered again when all is known of these sources; others' that are new are to be measured."""
        if awaited:
            sources = sorted({source for source, _ in awaited})
            self.add(map(Picture, sources), now)
            states = {row.source: row.state for row in self._session.execute(_STATES, {"sources": sources})}
            rows = [
                {
                    "source": source,
                    "article_id": article_id,
                    "settled_at": None if states[source] == PictureState.WAITING else now,
                }
                for source, article_id in awaited
            ]
            self._session.execute(insert_or_ignore(self._session.dialect, awaited_pictures), rows)

    def settled(self, limit: int) -> Sequence[tuple[str, ArticleId]]:
        """Sources of which nothing more is to come, each with an article that has been waiting for it."""
        rows = self._session.execute(_SETTLED, {"limit": limit})
        return [(row.source, ArticleId(row.article_id)) for row in rows]

    def forget(self, awaited: Collection[tuple[str, ArticleId]]) -> None:
        """Takes back `expect`."""
        if awaited:
            columns = tuple_(awaited_pictures.c.source, awaited_pictures.c.article_id)
            self._session.execute(delete(awaited_pictures).where(columns.in_([*awaited])))


def _moments(now: datetime, seconds: float) -> dict[str, datetime]:
    return {**moments(now, seconds), "farthest": now + LONGEST_WAIT}


def picture_from(row: Row[Any]) -> Picture:
    return Picture(
        source=row.source,
        state=PictureState(row.state),
        type=row.type,
        width=row.width,
        height=row.height,
        length=row.length,
        variants=tuple(Variant(**variant) for variant in row.variants),
    )


def _columns(picture: Picture) -> dict[str, Any]:
    return {
        "source": picture.source,
        "state": picture.state,
        "type": picture.type,
        "width": picture.width,
        "height": picture.height,
        "length": picture.length,
        "variants": [asdict(variant) for variant in picture.variants],
    }
