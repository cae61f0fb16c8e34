"""Writes what came of pushes: the attempts, where they leave their deliveries and partners, and what is counted."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import responses

import structlog

from sokbo.domain.breaker import Breaker
from sokbo.domain.delivery import PING, TOPIC_CHANGED, Delivery, DeliveryState, Outcome, Verdict, after
from sokbo.domain.ids import PartnerId
from sokbo.domain.tally import Measure, Tally
from sokbo.errors import Unavailable
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.outcomes import Recorded

#: Who the audit says disabled a partner that has answered 410.
ACTOR = "worker"

Finished = Sequence[tuple[Delivery, Outcome]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """A breaker that has opened, or, if it isn't open now, closed."""

    partner_id: PartnerId
    breaker: Breaker

    @property
    def name(self) -> str:
        return "opened" if self.breaker.is_open else "closed"

    def log(self) -> None:
        """Tells the operator; call after the commit."""
        detail = self.breaker.last_detail
        log.warning(f"breaker_{self.name}", partner_id=self.partner_id, next_probe_at=self.breaker.next_probe_at, detail=detail)


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """A partner whose Retry-After forbids every push until a time, breaking news included."""

    partner_id: PartnerId
    until: datetime

    def log(self) -> None:
        """Tells the operator; call after the commit."""
        log.warning("retry_after_asked", partner_id=self.partner_id, until=self.until)


@dataclass(frozen=True, slots=True)
class Disabled:
    """A partner that has answered that it is gone."""

    partner_id: PartnerId
    reason: str

    def log(self) -> None:
        """Tells the operator; call after the commit."""
        log.warning("partner_disabled", partner_id=self.partner_id, reason=self.reason)


Notice = BreakerChange | RetryAfter | Disabled


def record(uow: UnitOfWork, finished: Finished, holder: str, settings: Settings, rng: random.Random) -> list[Notice]:
    """Writes all of it in the caller's transaction; what the operator is to be told of.

    Partners are locked before their deliveries, as by whoever enables one.
    """
    attempted = [(delivery, outcome) for delivery, outcome in finished if outcome.verdict is not Verdict.OVERTAKEN]
    notices = _record_attempts(uow, attempted, holder, settings, rng) if attempted else []
    uow.outcomes.supersede([delivery.id for delivery, outcome in finished if outcome.verdict is Verdict.OVERTAKEN], holder)
    return notices


def record_each(
    database: Database, finished: Finished, holder: str, settings: Settings, rng: random.Random
) -> list[tuple[Delivery, Outcome]]:
    """Writes the outcomes one by one, where all together could not be written; those for which the database wasn't there. One
    that can't be written, as when its delivery is there no longer, is given up, and holds up no other."""
    left = []
    for item in finished:
        delivery, outcome = item
        try:
            with database.write() as uow:
                notices = record(uow, uow.outcomes.unrecorded([item]), holder, settings, rng)
                uow.commit()
        except Unavailable:
            left.append(item)
        except Exception:
            log.exception("outcome_given_up", delivery_id=delivery.id, verdict=outcome.verdict)
        else:
            for notice in notices:
                notice.log()
    return left


def _record_attempts(uow: UnitOfWork, finished: Finished, holder: str, settings: Settings, rng: random.Random) -> list[Notice]:
    before = uow.partners.breakers(
        {delivery.partner_id for delivery, outcome in finished if outcome.verdict is not Verdict.ACKNOWLEDGED},
        {delivery.partner_id for delivery, outcome in finished if outcome.verdict is Verdict.ACKNOWLEDGED},
    )
    breakers = _follow(before, finished, uow.now, settings.probe_seconds)
    uow.partners.save_breakers({key: breaker for key, breaker in breakers.items() if breaker != before[key]})
    recorded = [
        Recorded(delivery, after(delivery, outcome, uow.now, settings.retry_schedule, rng=rng), outcome)
        for delivery, outcome in finished
    ]
    uow.outcomes.record(recorded, holder, uow.now)
    changes = [BreakerChange(key, breaker) for key, breaker in breakers.items() if breaker.is_open != before[key].is_open]
    uow.deliveries.unpark([change.partner_id for change in changes if not change.breaker.is_open], uow.now)
    asked = [
        RetryAfter(key, breaker.retry_after_until)
        for key, breaker in breakers.items()
        if breaker.retry_after_until not in (None, before[key].retry_after_until)
    ]
    disabled = _disable(uow, recorded)
    uow.tallies.add(_tally(recorded, changes, uow.now))
    return [*changes, *asked, *disabled]


def _follow(
    before: dict[PartnerId, Breaker], finished: Finished, now: datetime, probe_seconds: float
) -> dict[PartnerId, Breaker]:
    """The breakers after all the outcomes, in their order."""
    breakers = dict(before)
    for delivery, outcome in finished:
        breaker = breakers.get(delivery.partner_id)
        if breaker is None:
            continue
        if outcome.verdict is Verdict.ACKNOWLEDGED:
            breakers[delivery.partner_id] = breaker.after_success()
        else:
            detail = outcome.detail or f"status {outcome.status}"
            breakers[delivery.partner_id] = breaker.after_failure(now, probe_seconds, outcome.retry_after_seconds, detail)
    return breakers


def _disable(uow: UnitOfWork, recorded: Sequence[Recorded]) -> list[Disabled]:
    """Disables partners who have answered that they are gone; which. A subscriber of the hub who has is none any more."""
    disabled = []
    gone = [item for item in recorded if item.outcome.verdict is Verdict.DISABLE]
    if subscribers := {item.delivery.partner_id for item in gone if item.delivery.type == TOPIC_CHANGED}:
        uow.subscriptions.unsubscribe(sorted(subscribers))
    for item in gone:
        delivery, reason = item.delivery, _reason(item.outcome)
        if delivery.partner_id not in subscribers and uow.partners.disable(delivery.partner_id, reason):
            disabled.append(Disabled(delivery.partner_id, reason))
            event_id = delivery.event_id
            cause = delivery.id if event_id is None else uow.events.get([event_id])[event_id].request_id
            uow.audit.record(delivery.site_id, ACTOR, "partner.disable", delivery.partner_id, cause, uow.now)
    return disabled


def _reason(outcome: Outcome) -> str:
    """The status and its name, and what the remote said to it, if anything."""
    status = "" if outcome.status is None else f"{outcome.status} {responses.get(outcome.status, '')}".strip()
    return ": ".join(filter(None, (status, outcome.detail)))


def _tally(recorded: Sequence[Recorded], changes: Sequence[BreakerChange], now: datetime) -> Tally:
    tally = Tally()
    for item in recorded:
        tally.count(Measure.ATTEMPTS, item.outcome.verdict)
        if item.delivery.type in (PING, TOPIC_CHANGED):
            continue
        if item.delivery.state is DeliveryState.DEAD:
            tally.count(Measure.DEAD)
        if item.delivery.acknowledged_at == now:  # and not before, as by what is sent again
            tally.observe(Measure.ACKNOWLEDGED_SECONDS, (now - item.delivery.created_at).total_seconds())
    for change in changes:
        tally.count(Measure.BREAKERS, change.name)
    return tally
