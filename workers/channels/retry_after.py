"""When a remote wants to be asked again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sokbo.domain.delivery import MAX_RETRY_AFTER


def seconds_until(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3), from 0 to 24 h; None if it says nothing sensible."""
    if value is None:
        return None
    value = value.strip()
    longest = MAX_RETRY_AFTER.total_seconds()
    if value.isascii() and value.isdigit():
        return longest if len(value) > 9 else min(float(value), longest)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter by years or zones of too many digits
        return None
    if moment.tzinfo is None:  # "-0000", which email takes for a zone unknown; in HTTP all times are GMT
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), longest)
