"""Points in time as Jekyll's front matter writes them."""

import re
from datetime import datetime, tzinfo

_JEKYLL = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?\s*([Zz]|[+-]\d\d:?\d\d|UTC)?", re.ASCII)


def jekyll_moment(text: str, zone: tzinfo) -> datetime | None:
    """The time that Jekyll's `2024-07-28 10:00:00 +0900` names, in `zone` if it names none, at midnight without an hour.

    None if it is no such time.
    """
    match = _JEKYLL.fullmatch(text.strip())
    if not match:
        return None
    day, hour, offset = match.groups()
    try:
        time = datetime.fromisoformat(f"{day}T{hour or '00:00'}{(offset or '').upper().replace('UTC', 'Z')}")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=zone)
