"""A delivery: one event on its way to one partner. Its states and its retry schedule are data."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sokbo.domain.event import Lane
from sokbo.domain.ids import ArticleId, DeliveryId, EventId, PartnerId, SiteId

JITTER = 0.2
MAX_RETRY_AFTER = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(days=7)
REPLAYABLE_FOR = timedelta(days=30)
#: Most pushes to one host, of however many partners, that are under way at once: that many are leased, and so many connect.
IN_FLIGHT_PER_HOST = 8

#: The type of a delivery that tells of no event: a test, tried once, whatever the partner's state.
PING = "ping"
#: The type of a delivery to a subscriber of the hub's, which tells of no one event: the topic's content has changed.
TOPIC_CHANGED = "topic.changed"


class DeliveryState(StrEnum):
    """planned -> acknowledged | failing | dead, the last of a test, or where no attempt is left; failing -> acknowledged | dead.

    What waits or is dead is superseded when a newer event takes its place. A replay leads back to planned.
    """

    PLANNED = "planned"
    FAILING = "failing"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"
    SUPERSEDED = "superseded"


#: The states in which a delivery still has somewhere to go.
OPEN_STATES = (DeliveryState.PLANNED, DeliveryState.FAILING)


class Verdict(StrEnum):
    """What a channel made of the remote's answer; `OVERTAKEN`: there was nothing to push any more, so that none was asked."""

    ACKNOWLEDGED = "acknowledged"
    RETRY = "retry"
    DISABLE = "disable"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt. `detail` is for the operator; `retry_after_seconds` is the remote's wish."""

    verdict: Verdict
    duration_seconds: float
    status: int | None = None
    detail: str = ""
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`type` is the event's, or `PING` or `TOPIC_CHANGED`, which have no event and no article. `attempts` are all that were made,
    `retries` those that used up a wait of the schedule since it was planned or replayed; `give_up_at` counts from there too, or
    from the end of the time that it was parked.

    An open delivery without `next_attempt_at` is parked: it is due, and waits until its partner takes pushes again.
    """

    id: DeliveryId
    site_id: SiteId
    event_id: EventId | None
    partner_id: PartnerId
    article_id: ArticleId | None
    type: str
    revision: int
    lane: Lane
    state: DeliveryState
    attempts: int
    retries: int
    created_at: datetime
    give_up_at: datetime
    next_attempt_at: datetime | None = None
    acknowledged_at: datetime | None = None
    last_status: int | None = None
    last_detail: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was made, as it is kept. `number` counts from 1 and goes on after a replay."""

    number: int
    ended_at: datetime
    duration_seconds: float
    verdict: Verdict
    status: int | None
    detail: str


def after(delivery: Delivery, outcome: Outcome, now: datetime, schedule: Sequence[float], *, rng: random.Random) -> Delivery:
    """The delivery after one more attempt.

    A probe made before the delivery was due, or while it was parked, doesn't use up a retry. A `next_attempt_at` later than the
    schedule could have set is ignored: a clock that was ahead wrote it. If the delivery was parked, its seven days start again.
    """
    tried = replace(delivery, attempts=delivery.attempts + 1, last_status=outcome.status, last_detail=outcome.detail)
    if outcome.verdict is Verdict.ACKNOWLEDGED:
        first = delivery.acknowledged_at or now
        return replace(tried, state=DeliveryState.ACKNOWLEDGED, next_attempt_at=None, acknowledged_at=first)
    if delivery.type == PING:
        return replace(tried, state=DeliveryState.DEAD, next_attempt_at=None)
    if delivery.next_attempt_at is None:  # a probe: others have been tried less, and are the next
        tried = replace(tried, retries=min(delivery.retries, len(schedule) - 1), give_up_at=now + GIVE_UP_AFTER)
        again = next_attempt_at(tried, outcome, now, schedule, rng=rng) if schedule else None
        return replace(tried, state=DeliveryState.FAILING, retries=delivery.retries, next_attempt_at=again)
    waited = schedule[: max(1, delivery.retries)][-1:]  # the last wait; its schedule may have been made shorter since
    longest = timedelta(seconds=sum(waited) * (1 + JITTER))
    if now < delivery.next_attempt_at <= now + longest:
        return replace(tried, state=DeliveryState.FAILING)
    again = next_attempt_at(tried, outcome, now, schedule, rng=rng)
    state = DeliveryState.DEAD if again is None else DeliveryState.FAILING
    return replace(tried, state=state, next_attempt_at=again, retries=delivery.retries + 1)


def next_attempt_at(
    delivery: Delivery, outcome: Outcome, now: datetime, schedule: Sequence[float], *, rng: random.Random
) -> datetime | None:
    """When to try again after a failed attempt, or None when the schedule or the seven days are used up.

    The wait is the schedule's, within 20 % either way; a Retry-After of the remote's, of 24 h at most, lengthens it.
    """
    if delivery.retries >= len(schedule):
        return None
    wait = timedelta(seconds=schedule[delivery.retries] * rng.uniform(1 - JITTER, 1 + JITTER))
    if outcome.retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=outcome.retry_after_seconds), MAX_RETRY_AFTER))
    due = now + wait
    return due if due <= delivery.give_up_at else None
