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


def asked(seconds: float, breaker: Breaker, now: datetime = NOW) -> Breaker:
    """The breaker after a failure with a Retry-After."""
    return breaker.after_failure(now, PROBE_SECONDS, seconds, "503")


def test_retry_after_holds_until_its_end_whatever_is_taken_meanwhile() -> None:
    until = NOW + timedelta(seconds=120)
    for breaker in (asked(120, Breaker()), asked(120, Breaker()).after_success(), asked(120, after("fffff")).after_success()):
        assert (breaker.asked_at, breaker.retry_after_until) == (NOW, until)


def test_of_several_retry_afters_the_latest_end_holds_for_a_day_at_most() -> None:
    breaker = asked(5, asked(120, Breaker()))
    assert breaker.retry_after_until == NOW + timedelta(seconds=120)
    assert asked(1e9, breaker).retry_after_until == NOW + timedelta(hours=24)


def test_retry_after_of_a_clock_that_was_ahead_is_forgotten_with_the_next_failure() -> None:
    ahead = asked(120, Breaker(), NOW + timedelta(hours=3))
    assert asked(0, ahead).retry_after_until is None
    assert asked(5, ahead).retry_after_until == NOW + timedelta(seconds=5)


def test_open_breaker_that_is_hastened_may_be_probed_at_once() -> None:
    breaker = asked(3600, after("fffff"))
    assert breaker.next_probe_at == NOW + timedelta(hours=1)
    hastened = breaker.hastened(NOW)
    assert (hastened.is_open, hastened.next_probe_at, hastened.retry_after_until) == (True, NOW, None)


def test_probe_that_a_clock_ahead_has_planned_is_planned_anew() -> None:
    ahead = Breaker()
    for _ in range(5):
        ahead = ahead.after_failure(NOW + timedelta(hours=3), PROBE_SECONDS, None, "503")
    set_right = ahead.after_failure(NOW, PROBE_SECONDS, None, "503")
    assert set_right.next_probe_at == NOW + timedelta(seconds=PROBE_SECONDS)
