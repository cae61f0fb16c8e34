from datetime import UTC, datetime, timedelta

import pytest

from sokbo.domain.breaker import Breaker

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROBE_SECONDS = 60.0


def after(outcomes: str, breaker: Breaker | None = None) -> Breaker:
    """The breaker after these outcomes: `f` failed, anything else was taken."""
    breaker = breaker or Breaker()
    for outcome in outcomes:
        breaker = breaker.after_failure(NOW, PROBE_SECONDS, None, "503") if outcome == "f" else breaker.after_success()
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [("ffff", False), ("fffff", True), ("fffftf", True), ("ftftftft", False), ("ftftftftf", True), ("ffffttttttf", False)],
)
def test_five_failures_among_the_last_ten_open_it(outcomes: str, is_open: bool) -> None:
    assert after(outcomes).is_open == is_open


def test_whoever_takes_everything_leaves_no_trace() -> None:
    assert after("ttt") == after("f" + 10 * "t") == Breaker()


def test_open_breaker_says_since_when_and_why_and_when_it_is_tried_again() -> None:
    opened = after("fffff")
    assert (opened.since, opened.next_probe_at, opened.last_detail) == (NOW, NOW + timedelta(seconds=60), "503")


def test_one_success_closes_it_and_starts_anew() -> None:
    assert after("ffffft") == Breaker()


def test_failures_while_it_is_open_keep_the_time_of_its_opening_and_of_the_next_probe() -> None:
    opened = after("fffff")
    later = opened.after_failure(NOW + timedelta(seconds=30), PROBE_SECONDS, None, "502")
    assert (later.since, later.next_probe_at, later.last_detail) == (NOW, opened.next_probe_at, "502")


def test_probe_waits_for_the_time_that_the_remote_asks_for() -> None:
    asked = after("ffff").after_failure(NOW, PROBE_SECONDS, 300.0, "429")
    assert asked.next_probe_at == NOW + timedelta(seconds=300)
