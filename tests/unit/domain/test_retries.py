import random
from dataclasses import replace
from datetime import timedelta

import pytest

from sokbo.domain.delivery import GIVE_UP_AFTER, Delivery, DeliveryState, Outcome, Verdict, after, next_attempt_at
from sokbo.domain.event import EventType, Lane
from sokbo.domain.ids import ArticleId, DeliveryId, EventId, PartnerId, SiteId
from sokbo.settings import DEFAULT_RETRY_SCHEDULE
from tests.clock import START

FAILED = Outcome(Verdict.RETRY, 0.1, 500)
DELIVERY = Delivery(
    DeliveryId("d"),
    SiteId(1),
    EventId("e"),
    PartnerId("p"),
    ArticleId("a"),
    EventType.ARTICLE_PUBLISHED,
    1,
    Lane.DEFAULT,
    DeliveryState.PLANNED,
    attempts=0,
    retries=0,
    created_at=START,
    give_up_at=START + GIVE_UP_AFTER,
)


def waits(outcome: Outcome = FAILED, schedule: tuple[float, ...] = DEFAULT_RETRY_SCHEDULE, seed: int = 1) -> list[float]:
    """Seconds between the attempts until it is given up."""
    rng, now, found, delivery = random.Random(seed), START, [], DELIVERY
    while (due := next_attempt_at(delivery, outcome, now, schedule, rng=rng)) is not None:
        found.append((due - now).total_seconds())
        delivery, now = replace(delivery, retries=delivery.retries + 1), due
    return found


@pytest.mark.parametrize("seed", range(20))
def test_schedule_is_kept_within_twenty_percent_for_at_least_twenty_attempts_in_seven_days(seed: int) -> None:
    found = waits(seed=seed)
    assert 1 + len(found) >= 20
    assert sum(found) <= GIVE_UP_AFTER.total_seconds()
    assert sum(found) > timedelta(days=6).total_seconds()
    for wait, planned in zip(found, DEFAULT_RETRY_SCHEDULE, strict=False):
        assert 0.8 * planned <= wait <= 1.2 * planned


def test_waits_are_spread() -> None:
    assert len({waits(seed=seed)[0] for seed in range(10)}) == 10


def test_short_schedule_ends_with_its_last_wait() -> None:
    assert len(waits(schedule=(1.0, 2.0))) == 2
    assert waits(schedule=()) == []


@pytest.mark.parametrize(
    ("asked", "first"),
    [(None, (4.0, 6.0)), (0.0, (4.0, 6.0)), (60.0, (60.0, 60.0)), (86_400.0, (86_400.0, 86_400.0)), (1e9, (86_400.0, 86_400.0))],
)
def test_retry_after_lengthens_the_wait_up_to_a_day(asked: float | None, first: tuple[float, float]) -> None:
    wait = waits(replace(FAILED, retry_after_seconds=asked))[0]
    assert first[0] <= wait <= first[1]


def test_probe_before_its_time_uses_up_nothing_of_the_schedule() -> None:
    waiting = replace(DELIVERY, retries=4, next_attempt_at=START + timedelta(seconds=60))
    tried = after(waiting, FAILED, START, DEFAULT_RETRY_SCHEDULE, rng=random.Random(1))
    assert (tried.retries, tried.next_attempt_at) == (4, waiting.next_attempt_at)


@pytest.mark.parametrize("schedule", [DEFAULT_RETRY_SCHEDULE, (5.0,), ()])
@pytest.mark.parametrize("retries", [0, 4, len(DEFAULT_RETRY_SCHEDULE), 100])
def test_probe_of_what_was_parked_uses_up_nothing_however_often_it_fails(schedule: tuple[float, ...], retries: int) -> None:
    parked = replace(DELIVERY, retries=retries, next_attempt_at=None)
    tried = after(parked, FAILED, START, schedule, rng=random.Random(1))
    assert (tried.state, tried.retries, tried.attempts) == (DeliveryState.FAILING, retries, 1)
    assert (tried.next_attempt_at is None) == (not schedule)
    assert tried.next_attempt_at is None or tried.next_attempt_at > START  # the next probe is another's


def test_time_that_a_clock_ahead_has_set_is_not_waited_for() -> None:
    """The clock was three hours ahead when the push began, and was set right before it failed."""
    under_way = replace(DELIVERY, next_attempt_at=START + timedelta(hours=3))
    tried = after(under_way, FAILED, START, DEFAULT_RETRY_SCHEDULE, rng=random.Random(1))
    assert tried.retries == 1
    assert tried.next_attempt_at is not None
    assert tried.next_attempt_at - START < timedelta(seconds=10)


@pytest.mark.parametrize("schedule", [(), (5.0,), (5.0, 10.0)])
def test_schedule_that_has_been_made_shorter_ends_what_is_beyond_it(schedule: tuple[float, ...]) -> None:
    tried = after(replace(DELIVERY, retries=4, next_attempt_at=START), FAILED, START, schedule, rng=random.Random(1))
    assert (tried.state, tried.next_attempt_at) == (DeliveryState.DEAD, None)
