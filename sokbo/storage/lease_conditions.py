"""When leased work is free again: nobody holds it, its time is over, or it was leased in what is now the future.

The last is what a clock leaves behind that was ahead and has been put right; without it such work would wait for hours.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, bindparam, or_

from sokbo.storage.types import UtcDateTime

#: How far the clocks of two machines may be apart without either taking the other's leases for the future's.
TOLERANCE = timedelta(seconds=1)

NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime)
UNTIL: BindParameter[Any] = bindparam("until", type_=UtcDateTime)
_LATEST: BindParameter[Any] = bindparam("latest", type_=UtcDateTime)


def is_free(table: FromClause) -> ColumnElement[bool]:
    """True for rows that may be leased, given `moments`."""
    until = table.c.lease_until
    return or_(until.is_(None), until <= NOW, until > _LATEST)


def moments(now: datetime, seconds: float) -> dict[str, datetime]:
    """The parameters of `is_free`, where leases last so many seconds; `until` is when one taken now ends."""
    until = now + timedelta(seconds=seconds)
    return {"now": now, "until": until, "latest": until + TOLERANCE}
