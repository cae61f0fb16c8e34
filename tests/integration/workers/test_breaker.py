"""Breakers, dead letters, order and replay, worked by the pump's own turns on both databases with a clock that tests move."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from sokbo import partners, redelivery
from sokbo.domain.delivery import Delivery, DeliveryState, Outcome, Verdict
from sokbo.domain.event import EventType, Lane
from sokbo.domain.ids import PartnerId
from sokbo.domain.partner import Partner, PartnerState
from sokbo.domain.tally import Measure
from sokbo.storage.delivery_records import Replay
from tests.clock import Clock
from tests.integration.workers.bureau import LANES, Bureau
from workers.recording import record
from workers.syndicate import syndicate

BY = {"actor": "test", "request_id": "req_1"}
LEASE_SECONDS = 5.0
FAILED = Outcome(Verdict.RETRY, 0.1, 503, "busy")
TAKEN = Outcome(Verdict.ACKNOWLEDGED, 0.1, 204)

Turn = Callable[..., list[Delivery]]


@pytest.fixture
def turn(bureau: Bureau) -> Turn:
    """One turn of a worker: leases what there is, with all pushes ending at once in this outcome; what it has leased."""

    def take(outcome: Outcome | None = FAILED, holder: str = "me", lanes: tuple[Lane, ...] = LANES) -> list[Delivery]:
        settings = bureau.runtime.settings
        with bureau.newsroom.database.write() as uow:
            leased = [item for lane in lanes for item in uow.deliveries.lease(lane, holder, uow.now, LEASE_SECONDS, 100)]
            for lane in lanes:
                leased += uow.deliveries.lease_probes(lane, holder, uow.now, LEASE_SECONDS, settings.probe_seconds, 100)
            uow.commit()
        if outcome is not None:
            end(bureau, leased, outcome, holder)
        return leased

    return take


def end(bureau: Bureau, leased: list[Delivery], outcome: Outcome, holder: str = "me") -> None:
    with bureau.newsroom.database.write() as uow:
        changes = record(uow, [(item, outcome) for item in leased], holder, bureau.runtime.settings, random.Random(1))
        uow.commit()
    for change in changes:
        change.log()


def failing_partner(bureau: Bureau, turn: Turn, articles: int = 7) -> Partner:
    """A partner whose breaker is open because it has refused one article after the other."""
    partner = bureau.newsroom.subscribe()
    for _ in range(articles):
        bureau.newsroom.post()
    bureau.syndicate()
    turn(FAILED)
    return current(bureau, partner)


def current(bureau: Bureau, partner: Partner) -> Partner:
    with bureau.newsroom.database.read() as uow:
        return uow.partners.many([partner.id])[partner.id]


def states(bureau: Bureau, partner: Partner) -> list[DeliveryState]:
    with bureau.newsroom.database.read() as uow:
        return [item.state for item in uow.delivery_records.page(bureau.newsroom.site.id, None, partner.id, "", 100)]


def replay(bureau: Bureau, partner: Partner, wanted: Replay) -> tuple[int, int]:
    with bureau.newsroom.database.write() as uow:
        counts = redelivery.replay(uow, bureau.newsroom.site.id, partner.id, wanted, **BY)
        uow.commit()
        return counts


def test_partner_who_fails_gets_one_probe_a_minute_and_everything_after_a_success(
    bureau: Bureau, turn: Turn, clock: Clock
) -> None:
    with capture_logs() as logs:
        partner = failing_partner(bureau, turn)
        assert partner.breaker.is_open
        bureau.newsroom.post()
        bureau.syndicate()
        assert turn() == []
        clock.advance(59)
        assert turn() == []
        clock.advance(1)
        assert len(turn()) == 1
        assert turn() == []
        clock.advance(60)
        assert len(turn(TAKEN)) == 1
        assert len(turn(TAKEN)) >= 1
    assert not current(bureau, partner).breaker.is_open
    told = [(log["event"], log["log_level"]) for log in logs if log["event"].startswith("breaker")]
    assert told == [("breaker_opened", "warning"), ("breaker_closed", "warning")]
    with bureau.newsroom.database.read() as uow:
        assert uow.tallies.all()[Measure.BREAKERS] == {"opened": 1, "closed": 1}
        assert uow.partners.open_breakers() == 0


def test_of_many_workers_one_alone_makes_the_probe(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    failing_partner(bureau, turn)
    clock.advance(60)
    assert [len(turn(None, holder)) for holder in ("a", "b", "c")] == [1, 0, 0]


def test_probe_ahead_of_its_time_uses_up_nothing_of_the_schedule(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    for _ in range(5):
        [delivery] = bureau.newsroom.deliveries(article)
        assert delivery.next_attempt_at is not None
        clock.now = delivery.next_attempt_at
        assert len(turn()) == 1
    [before] = bureau.newsroom.deliveries(article)
    clock.advance(60)
    assert len(turn()) == 1
    [after] = bureau.newsroom.deliveries(article)
    assert (after.retries, after.next_attempt_at, after.attempts) == (before.retries, before.next_attempt_at, before.attempts + 1)


def test_what_waits_for_a_partner_is_parked_and_does_not_age_the_queue(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    failing_partner(bureau, turn)
    bureau.newsroom.post()
    bureau.syndicate()
    clock.advance(3600)
    bureau.sweep()
    with bureau.newsroom.database.read() as uow:
        assert uow.deliveries.waiting(uow.now)[Lane.DEFAULT] == (0, 0.0)
        assert not any(uow.deliveries.to_park(lane, uow.now, LEASE_SECONDS) for lane in LANES)
    assert len(turn(TAKEN)) == 1
    assert len(turn(TAKEN)) == 7


def test_what_was_parked_for_more_than_seven_days_survives_its_first_failure(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = failing_partner(bureau, turn)
    _, article = bureau.newsroom.post(), bureau.newsroom.post()  # the first is the probe
    bureau.syndicate()
    clock.advance(60)
    bureau.sweep()
    clock.advance(8 * 86_400)
    assert len(turn(TAKEN)) == 1
    assert not current(bureau, partner).breaker.is_open
    turn(FAILED)
    assert bureau.newsroom.deliveries(article)[0].state is DeliveryState.FAILING


def test_probes_after_seven_days_kill_nothing_of_what_is_parked(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = failing_partner(bureau, turn)
    articles = [bureau.newsroom.post() for _ in range(3)]
    bureau.syndicate()
    clock.advance(60)
    bureau.sweep()
    clock.advance(8 * 86_400)
    for _ in range(12):
        assert len(turn(FAILED)) == 1
        clock.advance(60)
        bureau.sweep()
    assert DeliveryState.DEAD not in states(bureau, partner)
    assert len(turn(TAKEN)) == 1
    while turn(TAKEN):
        pass
    assert {bureau.newsroom.deliveries(article)[0].state for article in articles} == {DeliveryState.ACKNOWLEDGED}


def test_one_that_is_always_refused_keeps_no_breaker_open(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    articles = [bureau.newsroom.post() for _ in range(5)]
    bureau.syndicate()
    turn(FAILED)  # an outage, after which it takes all but the first
    assert current(bureau, partner).breaker.is_open
    for _ in range(2):
        clock.advance(60)
        bureau.sweep()
        for item in turn(None):
            end(bureau, [item], FAILED if item.article_id == articles[0].id else TAKEN)
    assert not current(bureau, partner).breaker.is_open


def test_enabling_gives_what_waited_for_more_than_seven_days_its_tries(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    turn(Outcome(Verdict.DISABLE, 0.1, 410, "gone"))
    clock.advance(8 * 86_400)
    bureau.sweep()
    close(bureau, partner)
    turn(FAILED)
    assert bureau.newsroom.deliveries(article)[0].state is DeliveryState.FAILING


def test_open_breaker_starves_nobody(bureau: Bureau, turn: Turn) -> None:
    failing_partner(bureau, turn)
    other = bureau.newsroom.subscribe()
    bureau.newsroom.post()
    bureau.syndicate()
    assert [item.partner_id for item in turn(TAKEN)] == [other.id]


def test_clock_that_was_ahead_stalls_neither_probes_nor_retries(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    clock.advance(10_800)
    failing = failing_partner(bureau, turn)
    other = bureau.newsroom.subscribe()
    bureau.newsroom.post()
    bureau.syndicate()
    turn(FAILED)
    clock.advance(-10_800)
    bureau.sweep()
    assert {item.partner_id for item in turn(None)} == {failing.id, other.id}


def test_partner_that_is_gone_is_disabled_by_the_worker_and_enabling_makes_what_waits_due(
    bureau: Bureau, turn: Turn, clock: Clock
) -> None:
    partner = bureau.newsroom.subscribe()
    bureau.newsroom.post()
    bureau.syndicate()
    turn(Outcome(Verdict.DISABLE, 0.1, 410, "gone"))
    assert current(bureau, partner).state is PartnerState.DISABLED
    assert current(bureau, partner).disabled_reason == "410 Gone: gone"
    with bureau.newsroom.database.read() as uow:
        audited = uow.audit.page(bureau.newsroom.site.id, 0, 100)
    assert [entry.actor for entry in audited if entry.action == "partner.disable"] == ["worker"]
    clock.advance(3600)
    bureau.sweep()
    assert turn() == []
    with bureau.newsroom.database.write() as uow:
        partners.enable(uow, bureau.newsroom.site.id, partner.id, **BY)
        uow.commit()
    assert len(turn(TAKEN)) == 1


def test_exhausted_delivery_is_a_dead_letter_and_its_replay_keeps_its_id_and_history(
    bureau: Bureau, turn: Turn, clock: Clock
) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    first = kill(bureau, turn, clock)
    with bureau.newsroom.database.read() as uow:
        assert uow.delivery_records.dead() == 1
        assert uow.tallies.all()[Measure.DEAD] == {"": 1}
    assert replay(bureau, partner, Replay(state=DeliveryState.DEAD)) == (1, 0)
    close(bureau, partner)
    [again] = turn(TAKEN)
    assert (again.id, again.retries) == (first.id, 0)
    with bureau.newsroom.database.read() as uow:
        history = uow.delivery_records.attempts(again.id)
        assert [attempt.number for attempt in history] == list(range(1, len(history) + 1))
        assert uow.delivery_records.dead() == 0
    assert bureau.newsroom.deliveries(article)[0].attempts == len(history)


def kill(bureau: Bureau, turn: Turn, clock: Clock) -> Delivery:
    """Fails whatever there is until it is dead; the first delivery."""
    [first] = turn()
    while left := _open(bureau):
        clock.now = max(clock.now, left.next_attempt_at or clock.now)
        clock.advance(60)
        turn()
    return first


def _open(bureau: Bureau) -> Delivery | None:
    with bureau.newsroom.database.read() as uow:
        found = uow.delivery_records.page(bureau.newsroom.site.id, None, "", "", 100)
    return next((item for item in found if item.state in (DeliveryState.PLANNED, DeliveryState.FAILING)), None)


def close(bureau: Bureau, partner: Partner) -> None:
    with bureau.newsroom.database.write() as uow:
        partners.enable(uow, bureau.newsroom.site.id, PartnerId(partner.id), **BY)
        uow.commit()


def test_replay_sends_a_time_again_in_order(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    sent = []
    for _ in range(3):
        bureau.newsroom.post()
        bureau.syndicate()
        sent += turn(TAKEN)
        clock.advance(100)
    since = sent[1].created_at
    assert replay(bureau, partner, Replay(since=since)) == (2, 0)
    assert [item.id for item in turn(TAKEN)] == [item.id for item in sent[1:]]
    assert replay(bureau, partner, Replay(since=since, until=sent[2].created_at)) == (1, 0)
    assert replay(bureau, partner, Replay(ids=(sent[0].id,))) == (1, 0)


def test_replay_of_what_is_under_way_is_not_undone_by_its_failure(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    leased = turn(None)
    clock.advance(1)
    assert replay(bureau, partner, Replay(ids=(leased[0].id,))) == (1, 0)
    assert turn(None) == []
    end(bureau, leased, FAILED)
    [delivery] = bureau.newsroom.deliveries(article)
    assert (delivery.state, delivery.retries, delivery.attempts) == (DeliveryState.PLANNED, 0, 1)
    with bureau.newsroom.database.read() as uow:
        assert [attempt.status for attempt in uow.delivery_records.attempts(delivery.id)] == [503]
    assert [item.id for item in turn(TAKEN)] == [delivery.id]


def test_replay_ends_after_thirty_days(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    bureau.newsroom.post()
    bureau.syndicate()
    turn(TAKEN)
    clock.advance(30 * 86_400 + 1)
    assert replay(bureau, partner, Replay(since=clock.now.replace(year=2020))) == (0, 0)


def test_dead_letter_is_replayed_however_old_it_is(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    while bureau.newsroom.deliveries(article)[0].state is not DeliveryState.DEAD:
        clock.advance(86_400)
        turn(FAILED)
    clock.advance(30 * 86_400)
    [dead] = bureau.newsroom.deliveries(article)
    assert replay(bureau, partner, Replay(ids=(dead.id,))) == (1, 0)


def test_what_is_planned_late_waits_for_what_is_under_way(bureau: Bureau, turn: Turn) -> None:
    bureau.newsroom.subscribe()
    article = bureau.newsroom.post(breaking=True)
    bureau.syndicate()
    turn(TAKEN)
    turn(TAKEN)
    bureau.newsroom.end_breaking(article)
    bureau.newsroom.revise(article, "둘")
    syndicate(bureau.runtime, Lane.DEFAULT)
    [update] = turn(None)
    syndicate(bureau.runtime, Lane.BREAKING)  # whose worker was away
    bureau.newsroom.revise(article, "셋")
    assert turn(None) == []  # it would tell of the third revision, and the update of the second comes after it
    end(bureau, [update], TAKEN)
    assert [item.type for item in turn(TAKEN)] == [EventType.BREAKING_ENDED]


def test_replay_never_sends_an_older_revision_after_a_newer_one(bureau: Bureau, turn: Turn) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.syndicate()
    [older] = turn(TAKEN)
    bureau.newsroom.revise(article, "둘")
    bureau.syndicate()
    [newer] = turn(TAKEN)
    assert replay(bureau, partner, Replay(since=older.created_at)) == (1, 1)
    assert [item.id for item in turn(TAKEN)] == [newer.id]
    assert replay(bureau, partner, Replay(ids=(older.id,))) == (0, 1)
    assert turn() == []


def test_older_event_that_is_planned_late_by_the_slower_lane_is_superseded(bureau: Bureau, turn: Turn) -> None:
    bureau.newsroom.subscribe()
    article = bureau.newsroom.post()
    bureau.newsroom.revise(article, "속보", breaking=True)
    syndicate(bureau.runtime, Lane.BREAKING)
    sent = turn(TAKEN)
    syndicate(bureau.runtime, Lane.DEFAULT)
    sent += turn(TAKEN)
    assert [item.type for item in sent] == [EventType.ARTICLE_UPDATED, EventType.BREAKING_STARTED]
    assert turn() == []
    assert {item.state for item in bureau.newsroom.deliveries(article) if item.revision == 1} == {DeliveryState.SUPERSEDED}


def test_older_revision_that_fails_while_a_newer_one_waits_is_not_tried_again(bureau: Bureau, turn: Turn) -> None:
    bureau.newsroom.subscribe(events=(EventType.ARTICLE_UPDATED,))
    article = bureau.newsroom.post()
    bureau.newsroom.revise(article, "둘")
    bureau.syndicate()
    under_way = turn(None)
    bureau.newsroom.revise(article, "셋")
    bureau.syndicate()
    assert turn(None, "other") == []
    end(bureau, under_way, FAILED)
    assert [item.revision for item in turn(TAKEN)] == [3]
    assert [item.state for item in bureau.newsroom.deliveries(article)] == [DeliveryState.SUPERSEDED, DeliveryState.ACKNOWLEDGED]


@pytest.mark.parametrize("is_gone", [True, False])
def test_partner_that_comes_back_is_told_of_a_withdrawn_article_only_that_it_is_withdrawn(
    bureau: Bureau, turn: Turn, clock: Clock, is_gone: bool
) -> None:
    partner = bureau.newsroom.subscribe()
    article = bureau.newsroom.post(breaking=True)
    bureau.syndicate()
    turn(Outcome(Verdict.DISABLE, 0.1, 410) if is_gone else FAILED)
    if not is_gone:
        with bureau.newsroom.database.write() as uow:
            partners.disable(uow, bureau.newsroom.site.id, partner.id, **BY)
            uow.commit()
    bureau.newsroom.withdraw(article)
    bureau.syndicate()
    clock.advance(3600)
    bureau.sweep()
    assert turn() == []
    close(bureau, partner)
    assert [item.type for item in turn(TAKEN)] == [EventType.ARTICLE_WITHDRAWN]
    assert turn() == []


ASKED = Outcome(Verdict.RETRY, 0.1, 503, "busy", retry_after_seconds=120.0)


def asking_partner(bureau: Bureau, turn: Turn) -> Partner:
    """A partner that has answered its first push with a Retry-After of two minutes; three more deliveries wait for it, one
    of them in the place of the first."""
    partner = bureau.newsroom.subscribe()
    first = bureau.newsroom.post()
    bureau.syndicate()
    turn(ASKED)
    bureau.newsroom.revise(first, "둘")
    bureau.newsroom.post("셋")
    bureau.newsroom.post("넷", breaking=True)
    bureau.syndicate()
    return partner


@pytest.mark.parametrize("is_swept", [True, False])
def test_retry_after_holds_for_all_that_waits_for_the_partner(bureau: Bureau, turn: Turn, clock: Clock, is_swept: bool) -> None:
    with capture_logs() as logs:
        asking_partner(bureau, turn)
        other = bureau.newsroom.subscribe()
        bureau.newsroom.post("다섯")
        bureau.syndicate()
    assert [(log["log_level"], log["until"]) for log in logs if log["event"] == "retry_after_asked"] == [
        ("warning", clock() + timedelta(seconds=120))
    ]
    assert {item.partner_id for item in turn(TAKEN)} == {other.id}
    if is_swept:
        bureau.sweep()
    with bureau.newsroom.database.read() as uow:
        assert not any(uow.deliveries.unclaimed(lane, uow.now, LEASE_SECONDS) for lane in LANES)
        assert [count for count, _ in uow.deliveries.waiting(uow.now).values()] == [0, 0]
        assert not is_swept or not any(uow.deliveries.to_park(lane, uow.now, LEASE_SECONDS) for lane in LANES)
    clock.advance(119)
    assert turn() == []
    clock.advance(1)
    with bureau.newsroom.database.read() as uow:
        assert all(uow.deliveries.unclaimed(lane, uow.now, LEASE_SECONDS) for lane in LANES)
    assert len([*turn(TAKEN), *turn(TAKEN)]) == 5


@pytest.mark.parametrize("operation", ["ping", "enable"])
def test_operator_ends_the_time_that_a_partner_has_asked_for(bureau: Bureau, turn: Turn, operation: str) -> None:
    partner = asking_partner(bureau, turn)
    bureau.sweep()
    if operation == "enable":
        close(bureau, partner)
    else:
        with bureau.newsroom.database.write() as uow:
            redelivery.ping(uow, bureau.newsroom.site.id, partner.id, **BY)
            uow.commit()
    assert current(bureau, partner).breaker.retry_after_until is None
    assert len([*turn(TAKEN), *turn(TAKEN)]) == 4 + (operation == "ping")


def test_retry_after_noted_by_a_clock_that_was_ahead_stalls_nothing(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    clock.advance(10_800)
    asking_partner(bureau, turn)
    bureau.sweep()
    clock.advance(-10_800)
    bureau.sweep()
    assert len([*turn(TAKEN), *turn(TAKEN)]) == 4


def test_partner_with_an_open_breaker_is_not_probed_before_the_time_that_it_has_asked_for(
    bureau: Bureau, turn: Turn, clock: Clock
) -> None:
    partner = bureau.newsroom.subscribe()
    for _ in range(7):
        bureau.newsroom.post()
    bureau.syndicate()
    turn(ASKED)
    assert current(bureau, partner).breaker.is_open
    bureau.sweep()
    clock.advance(119)
    assert turn() == []
    clock.advance(1)
    assert turn(TAKEN)


def test_partner_that_is_gone_without_a_word_has_a_reason_and_the_operator_is_told(bureau: Bureau, turn: Turn) -> None:
    partner = bureau.newsroom.subscribe()
    bureau.newsroom.post()
    bureau.syndicate()
    with capture_logs() as logs:
        turn(Outcome(Verdict.DISABLE, 0.1, 410))
    assert current(bureau, partner).disabled_reason == "410 Gone"
    told = [log for log in logs if log["event"] == "partner_disabled"]
    assert told == [{"event": "partner_disabled", "log_level": "warning", "partner_id": partner.id, "reason": "410 Gone"}]


def test_end_of_breaking_takes_the_place_of_a_start_that_still_waits(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    bureau.newsroom.subscribe(events=(EventType.BREAKING_STARTED, EventType.BREAKING_ENDED))
    article = bureau.newsroom.post(breaking=True)
    bureau.syndicate()
    assert article.breaking_until is not None
    clock.now = article.breaking_until
    bureau.sweep()
    assert [item.type for item in turn(TAKEN)] == [EventType.BREAKING_ENDED]


def test_ping_is_tried_once_whatever_the_partners_state(bureau: Bureau, turn: Turn) -> None:
    partner = failing_partner(bureau, turn)
    with bureau.newsroom.database.write() as uow:
        ping_id = redelivery.ping(uow, bureau.newsroom.site.id, partner.id, **BY)
        uow.commit()
    bureau.sweep()
    assert [item.id for item in turn(FAILED)] == [ping_id]
    with bureau.newsroom.database.read() as uow:
        pinged = uow.delivery_records.get(bureau.newsroom.site.id, ping_id)
        assert pinged is not None
        assert (pinged.state, pinged.attempts, pinged.last_status) == (DeliveryState.DEAD, 1, 503)
        assert uow.delivery_records.dead() == 0


def test_probes_of_one_host_are_eight_at_once(bureau: Bureau, turn: Turn, clock: Clock) -> None:
    for _ in range(10):
        bureau.newsroom.subscribe("https://shared.example/hook")
    for _ in range(5):
        bureau.newsroom.post()
    bureau.syndicate()
    while turn(FAILED):
        pass
    clock.advance(60)
    assert [len(turn(None)), len(turn(None))] == [8, 0]
