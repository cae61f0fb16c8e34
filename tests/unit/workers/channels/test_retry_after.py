from datetime import UTC, datetime

import pytest

from workers.channels.retry_after import seconds_until

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY = 24 * 3600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("86401", DAY),
        ("9" * 5000, DAY),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("Sun Mar  1 12:02:00 2026", 120),
        ("Sun, 01 Mar 2026 12:02:00 -0000", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2099 12:00:00 GMT", DAY),
        ("Sun, 01 Mar 99999999999999 12:00:00 GMT", None),
        ("Sun, 01 Mar 2026 12:00:00 +9999999999999999", None),
        ("Sun, 99 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert seconds_until(value, NOW) == seconds
