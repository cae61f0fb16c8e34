"""A delivery: one event on its way to one partner. Its states and its retry schedule are data."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sokbo.domain.event import Lane
from sokbo.domain.ids import ArticleId, DeliveryId, EventId, PartnerId, SiteId

JITTER = 0.2
MAX_RETRY_AFTER = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(days=7)


class DeliveryState(StrEnum):
    """planned -> acknowledged | failing -> acknowledged | dead; superseded: a newer revision took its place."""

    PLANNED = "planned"
    FAILING = "failing"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"
    SUPERSEDED = "superseded"


#: The states in which a delivery still has somewhere to go.
OPEN_STATES = (DeliveryState.PLANNED, DeliveryState.FAILING)


class Verdict(StrEnum):
    """What a channel made of the remote's answer."""

    ACKNOWLEDGED = "acknowledged"
    RETRY = "retry"
    DISABLE = "disable"


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
    id: DeliveryId
    site_id: SiteId
    event_id: EventId
    partner_id: PartnerId
    article_id: ArticleId
    revision: int
    lane: Lane
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = None
    acknowledged_at: datetime | None = None
    last_status: int | None = None
    last_detail: str = ""


def next_attempt_at(
    delivery: Delivery, outcome: Outcome, now: datetime, schedule: Sequence[float], *, rng: random.Random
) -> datetime | None:
    """When to try again after a failed attempt, or None when the schedule or the seven days are used up.

    The wait is the schedule's, within 20 % either way; a Retry-After of the remote's, of 24 h at most, lengthens it.
    """
    if delivery.attempts >= len(schedule):
        return None
    wait = timedelta(seconds=schedule[delivery.attempts] * rng.uniform(1 - JITTER, 1 + JITTER))
    if outcome.retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=outcome.retry_after_seconds), MAX_RETRY_AFTER))
    due = now + wait
    return due if due <= delivery.created_at + GIVE_UP_AFTER else None
