"""Points in time as RFC 3339 writes them (section 5.6) -> UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainValidator

#: Far from the ends of what Python can hold, so that a time zone never pushes a time over the edge where people read it.
FIRST_YEAR, LAST_YEAR = 1901, 2198

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_RULE = "must be an RFC 3339 date-time with a zone, such as 2026-11-21T09:00:00+09:00"


def moment(value: object) -> datetime:
    """The time in UTC that an RFC 3339 date-time (section 5.6) names; a datetime with a zone passes.

    Raises ValueError, whose text is the broken rule.
    """
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            value = datetime.fromisoformat(value.upper())
        except ValueError:
            raise ValueError(f"{_RULE}; no calendar has this one") from None
    if not isinstance(value, datetime):
        raise ValueError(_RULE)  # noqa: TRY004 - pydantic takes a ValueError for a broken rule
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must be a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value.astimezone(UTC)


Moment = Annotated[datetime, PlainValidator(moment)]
