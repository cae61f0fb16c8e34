from datetime import UTC, datetime, timedelta

import pytest

from sokbo.domain.assembly import next_slot

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "every", "turn"),
    [
        (datetime(2026, 3, 2, 9, 0, 0, 1, UTC), SECOND, datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, 0, 0, 999_999, UTC), SECOND, datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, 0, 0, 0, UTC), SECOND, datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)),
        (datetime(2026, 3, 2, 9, 0, 1, 0, UTC), 2 * SECOND, datetime(2026, 3, 2, 9, 0, 2, tzinfo=UTC)),
    ],
)
def test_next_turn_comes_at_the_same_moments_for_all_and_never_now(now: datetime, every: timedelta, turn: datetime) -> None:
    assert next_slot(now, every) == turn
