from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from sokbo.domain.delivery import GIVE_UP_AFTER, IN_FLIGHT_PER_HOST, Delivery, DeliveryState, Outcome, Verdict
from sokbo.domain.event import EventType, Lane
from sokbo.partners import delete
from sokbo.redelivery import ping
from sokbo.storage import Database
from sokbo.storage.outcomes import Recorded
from tests.clock import START, Clock
from tests.newsroom import Newsroom

LEASE_SECONDS = 5.0


def lease(database: Database, holder: str = "a", lane: Lane = Lane.DEFAULT, limit: int = 100) -> list[Delivery]:
    with database.write() as uow:
        leased = uow.deliveries.lease(lane, holder, uow.now, LEASE_SECONDS, limit)
        uow.commit()
        return list(leased)


def record(
    database: Database,
    deliveries: Sequence[Delivery],
    state: DeliveryState = DeliveryState.ACKNOWLEDGED,
    holder: str = "a",
    retry_seconds: float | None = None,
) -> None:
    verdict = Verdict.ACKNOWLEDGED if state is DeliveryState.ACKNOWLEDGED else Verdict.RETRY
    with database.write() as uow:
        again = None if retry_seconds is None else uow.now + timedelta(seconds=retry_seconds)
        outcome = Outcome(verdict, 0.1, 200, "said")
        ended = uow.now if state is DeliveryState.ACKNOWLEDGED else None
        left = [
            replace(item, state=state, next_attempt_at=again, acknowledged_at=ended, last_status=200, last_detail="said")
            for item in deliveries
        ]
        done = [Recorded(item, after, outcome) for item, after in zip(deliveries, left, strict=True)]
        uow.outcomes.record(done, holder, uow.now)
        uow.commit()


@pytest.mark.parametrize(
    ("wanted", "article", "heard"),
    [
        ({}, {}, [EventType.ARTICLE_PUBLISHED]),
        ({}, {"breaking": True}, [EventType.ARTICLE_PUBLISHED, EventType.BREAKING_STARTED]),
        ({"breaking_only": True}, {}, []),
        ({"breaking_only": True}, {"breaking": True}, [EventType.BREAKING_STARTED]),
        ({"events": (EventType.BREAKING_STARTED,)}, {"breaking": True}, [EventType.BREAKING_STARTED]),
        ({"events": (EventType.ARTICLE_WITHDRAWN,)}, {"breaking": True}, []),
        ({"categories": ("정치", "world")}, {"categories": ("World",)}, [EventType.ARTICLE_PUBLISHED]),
        ({"categories": ("정치",)}, {"categories": ("World",)}, []),
        ({"categories": ("정치",)}, {}, []),
        ({"categories": ("apec",)}, {"tags": ("APEC",)}, []),
        ({"tags": ("apec",)}, {"tags": ("APEC", "한미")}, [EventType.ARTICLE_PUBLISHED]),
        ({"categories": ("정치",), "tags": ("apec",)}, {"categories": ("정치",)}, []),
        ({"categories": ("정치",), "tags": ("apec",)}, {"categories": ("정치",), "tags": ("apec",)}, ["article.published"]),
    ],
)
def test_partner_hears_what_its_filter_lets_through(
    newsroom: Newsroom, wanted: dict[str, Any], article: dict[str, Any], heard: list[EventType]
) -> None:
    newsroom.subscribe(**wanted)
    newsroom.post(**article)
    planned = newsroom.plan()
    assert [event.type for (event, _), count in zip(newsroom.events, planned, strict=True) if count] == heard


@pytest.mark.parametrize(
    ("operation", "wanted", "heard"),
    [
        ("correct", {}, [1]),
        ("withdraw", {}, [1]),
        ("update", {}, [0]),
        ("withdraw", {"events": (EventType.BREAKING_STARTED,)}, [0]),
    ],
)
def test_partner_for_breaking_news_alone_hears_what_takes_it_back_after_its_end(
    newsroom: Newsroom, clock: Clock, operation: str, wanted: dict[str, Any], heard: list[int]
) -> None:
    newsroom.subscribe(breaking_only=True, **wanted)
    article = newsroom.post(breaking=True, breaking_until=clock() + timedelta(minutes=1))
    newsroom.plan()
    clock.advance(120)
    newsroom.end_breaking(article)
    newsroom.plan()
    before = len(newsroom.events)
    if operation == "withdraw":
        newsroom.withdraw(article)
    else:
        newsroom.revise(article, correction_note="정정" if operation == "correct" else None)
    assert not newsroom.events[-1][0].breaking
    assert newsroom.plan()[before:] == heard


@pytest.mark.parametrize("operation", ["correct", "withdraw"])
def test_what_takes_breaking_news_back_is_planned_however_long_ago_it_was_told(
    newsroom: Newsroom, clock: Clock, operation: str
) -> None:
    told = newsroom.subscribe(breaking_only=True)
    article = newsroom.post(breaking=True, breaking_until=clock() + timedelta(minutes=1))
    newsroom.plan()
    record(newsroom.database, lease(newsroom.database, lane=Lane.BREAKING))
    clock.advance(120)
    newsroom.end_breaking(article)
    newsroom.plan()
    record(newsroom.database, lease(newsroom.database, lane=Lane.BREAKING))
    clock.advance(31 * 86_400)
    with newsroom.database.write() as uow:
        for event, _ in newsroom.events:
            leased = uow.events.lease(event.lane, "a", uow.now, LEASE_SECONDS, 10)
            uow.events.finish([item.event.id for item in leased], "a", uow.now)
        uow.retention.forget_attempts(uow.now, 100)
        assert uow.retention.forget_deliveries(uow.now, 100) > 0
        assert uow.retention.forget_events(uow.now, 100) > 0
        uow.commit()
    newsroom.subscribe(breaking_only=True)
    newsroom.events.clear()

    if operation == "withdraw":
        newsroom.withdraw(article)
    else:
        newsroom.revise(article, correction_note="정정")

    assert newsroom.plan() == [1]
    assert [item.partner_id for item in newsroom.deliveries(article)] == [told.id]


@pytest.mark.parametrize("tried", [True, False])
@pytest.mark.parametrize("left", ["the category", "the tag", "by a new filter"])
@pytest.mark.parametrize("wanted", [(), (EventType.ARTICLE_PUBLISHED,)])
def test_partner_hears_what_takes_back_an_article_that_has_left_its_filter(
    newsroom: Newsroom, tried: bool, left: str, wanted: tuple[EventType, ...]
) -> None:
    partner = newsroom.subscribe(categories=("날씨",), tags=("태풍",), events=wanted)
    article = newsroom.post(breaking=True, categories=("날씨",), tags=("태풍",))
    newsroom.plan()
    if tried:
        record(newsroom.database, lease(newsroom.database, lane=Lane.BREAKING), DeliveryState.FAILING, retry_seconds=5)
    terms: dict[str, tuple[str, ...]] = {"categories": ("날씨",), "tags": ("태풍",)}
    if left == "by a new filter":
        with newsroom.database.write() as uow:
            uow.partners.save(replace(partner, filter=replace(partner.filter, categories=("정치",))))
            uow.commit()
    else:
        terms["categories" if left == "the category" else "tags"] = ()
    moved = newsroom.revise(article, "옮김", breaking=True, **terms)  # which it hears, if it is by this that the article leaves
    newsroom.events.clear()
    corrected = newsroom.revise(moved, "바로잡음", breaking=True, correction_note="정정", **terms)
    newsroom.withdraw(newsroom.revise(corrected, "바로잡음", breaking=False, **terms))

    planned = newsroom.plan()
    heard = [event.type for (event, _), count in zip(newsroom.events, planned, strict=True) if count]
    expected = [EventType.ARTICLE_CORRECTED, EventType.BREAKING_ENDED, EventType.ARTICLE_WITHDRAWN]
    assert heard == (expected if tried and not wanted else [])


def test_news_that_waits_for_its_lane_is_not_told_after_its_withdrawal(newsroom: Newsroom, clock: Clock) -> None:
    """The queue for breaking news lags, so that the withdrawal, which is in the other one, is planned first."""
    newsroom.subscribe(breaking_only=True)
    article = newsroom.post(breaking=True, breaking_until=clock() + timedelta(minutes=1))
    clock.advance(120)
    newsroom.end_breaking(article)
    newsroom.withdraw(article)

    with newsroom.database.write() as uow:
        planned = [uow.deliveries.plan(event, touched, uow.now) for event, touched in reversed(newsroom.events)]
        uow.commit()

    assert planned[0] == 1
    assert [item.type for lane in Lane for item in lease(newsroom.database, lane=lane)] == [EventType.ARTICLE_WITHDRAWN]


def test_partner_for_breaking_news_alone_hears_nothing_of_articles_of_which_it_was_never_told(newsroom: Newsroom) -> None:
    article = newsroom.post()
    newsroom.subscribe(breaking_only=True)
    newsroom.subscribe()
    newsroom.revise(article, correction_note="정정")
    newsroom.withdraw(article)
    assert newsroom.plan() == [1, 1, 1]


def test_other_sites_and_disabled_partners_hear_nothing(database: Database, newsroom: Newsroom) -> None:
    Newsroom.open(database).subscribe()
    partner = newsroom.subscribe()
    with database.write() as uow:
        uow.partners.disable(partner.id, "gone")
        uow.commit()
    newsroom.post()
    assert newsroom.plan() == [0]


def test_planning_an_event_again_plans_nothing_twice(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    assert [newsroom.plan(), newsroom.plan()] == [[1], [0]]
    newsroom.subscribe()
    assert newsroom.plan() == [1]
    assert len(newsroom.deliveries(article)) == 2


def test_delivery_id_is_fit_for_signing(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    [delivery] = newsroom.deliveries(article)
    assert "." not in delivery.id
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == (DeliveryState.PLANNED, 0, START)


def test_newer_revision_takes_the_place_of_one_that_still_waits(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    record(newsroom.database, lease(newsroom.database))
    for title in ("둘", "셋"):
        newsroom.revise(article, title)
        newsroom.plan()
    states = {item.revision: item.state for item in newsroom.deliveries(article)}
    assert states == {1: DeliveryState.ACKNOWLEDGED, 2: DeliveryState.SUPERSEDED, 3: DeliveryState.PLANNED}
    assert [item.revision for item in lease(newsroom.database)] == [3]


def test_partner_that_has_not_heard_of_an_article_is_told_of_its_last_change_alone(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    for title in ("둘", "셋"):
        newsroom.revise(article, title)
        newsroom.plan()
    states = {item.revision: item.state for item in newsroom.deliveries(article)}
    assert states == {1: DeliveryState.SUPERSEDED, 2: DeliveryState.SUPERSEDED, 3: DeliveryState.PLANNED}
    assert told(newsroom) == [EventType.ARTICLE_UPDATED]


def test_update_takes_no_place_of_a_correction_and_a_newer_correction_does(newsroom: Newsroom) -> None:
    newsroom.subscribe(events=(EventType.ARTICLE_UPDATED, EventType.ARTICLE_CORRECTED))
    article = newsroom.post()
    newsroom.revise(article, "둘")
    newsroom.revise(article, "셋", correction_note="정정")
    newsroom.revise(article, "넷", correction_note="다시 정정")
    newsroom.revise(article, "다섯", correction_note="다시 정정")
    newsroom.plan()
    states = {item.revision: item.state.value for item in newsroom.deliveries(article)}
    assert states == {2: "superseded", 3: "superseded", 4: "planned", 5: "planned"}
    assert told(newsroom) == [EventType.ARTICLE_CORRECTED, EventType.ARTICLE_UPDATED]


@pytest.mark.parametrize("lane_first", [0, 1])
def test_edit_takes_no_place_of_the_start_of_breaking_news(newsroom: Newsroom, lane_first: int) -> None:
    """Nor does an edit that is planned before it."""
    newsroom.subscribe(breaking_only=True)
    article = newsroom.post(breaking=True)
    newsroom.revise(article, "둘", breaking=True, breaking_until=article.breaking_until)
    with newsroom.database.write() as uow:
        for event, touched in newsroom.events[::-1] if lane_first else newsroom.events:
            uow.deliveries.plan(event, touched, uow.now)
        uow.commit()
    assert told(newsroom, Lane.BREAKING) == [EventType.BREAKING_STARTED, EventType.ARTICLE_UPDATED]


def test_news_that_breaks_again_takes_the_place_of_its_end(newsroom: Newsroom) -> None:
    newsroom.subscribe(events=(EventType.BREAKING_STARTED, EventType.BREAKING_ENDED))
    article = newsroom.post(breaking=True)
    newsroom.revise(article)
    newsroom.revise(article, breaking=True)
    newsroom.plan()
    assert [(item.type, item.revision) for item in lease(newsroom.database, lane=Lane.BREAKING)] == [
        (EventType.BREAKING_STARTED, 3)
    ]


@pytest.mark.parametrize(
    ("tried", "wanted", "heard"),
    [
        (True, {}, [EventType.ARTICLE_WITHDRAWN]),
        (True, {"breaking_only": True}, [EventType.ARTICLE_WITHDRAWN]),
        (True, {"events": (EventType.BREAKING_STARTED,)}, []),
        (False, {}, []),
    ],
)
def test_disabled_partner_hears_of_a_withdrawal_when_it_is_back_if_it_may_know_of_the_article(
    newsroom: Newsroom, tried: bool, wanted: dict[str, Any], heard: list[EventType]
) -> None:
    partner = newsroom.subscribe(**wanted)
    article = newsroom.post(breaking=True)
    newsroom.plan()
    if tried:
        record(newsroom.database, lease(newsroom.database, lane=Lane.BREAKING), DeliveryState.FAILING, retry_seconds=5)
    with newsroom.database.write() as uow:
        uow.partners.disable(partner.id, "410 Gone")
        uow.commit()
    newsroom.withdraw(article)
    newsroom.plan()
    with newsroom.database.write() as uow:
        uow.partners.save(partner)
        uow.deliveries.make_due(partner.id, uow.now)
        uow.commit()
    assert told(newsroom, Lane.BREAKING) == heard


def test_partner_that_hears_of_no_withdrawals_is_not_told_that_a_withdrawn_article_broke(newsroom: Newsroom) -> None:
    newsroom.subscribe(events=(EventType.BREAKING_STARTED,))
    article = newsroom.post(breaking=True)
    newsroom.plan()
    newsroom.withdraw(article)
    newsroom.plan()
    assert [item.state for item in newsroom.deliveries(article)] == [DeliveryState.SUPERSEDED]


def told(newsroom: Newsroom, lane: Lane = Lane.DEFAULT) -> list[str]:
    """The events that a partner who takes everything from now on is told, in order."""
    heard = []
    while leased := lease(newsroom.database, lane=lane):
        record(newsroom.database, leased)
        heard += [item.type for item in leased]
    return heard


def test_newer_revision_waits_for_an_older_one_that_is_under_way(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    under_way = lease(newsroom.database)
    newsroom.revise(article, "둘")
    newsroom.plan()
    assert lease(newsroom.database, "b") == []
    record(newsroom.database, under_way)
    assert [item.revision for item in lease(newsroom.database, "b")] == [2]


def test_failing_delivery_of_an_article_holds_back_what_follows_it_to_that_partner_only(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.subscribe()
    newsroom.post(breaking=True)
    newsroom.plan()
    [first] = lease(newsroom.database, lane=Lane.BREAKING)
    assert first.event_id == newsroom.events[0][0].id
    record(newsroom.database, [first], DeliveryState.FAILING, retry_seconds=3)
    assert lease(newsroom.database, lane=Lane.BREAKING) == []
    newsroom.post(breaking=True)
    newsroom.subscribe()
    newsroom.plan()
    assert len(lease(newsroom.database, lane=Lane.BREAKING)) == 3  # the new article, and both to the new partner
    clock.advance(3)
    assert [item.id for item in lease(newsroom.database, "b", Lane.BREAKING)] == [first.id]


def test_no_more_than_eight_are_under_way_to_one_partner(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    for _ in range(IN_FLIGHT_PER_HOST + 4):
        newsroom.post()
    newsroom.plan()
    first = lease(newsroom.database, limit=5)
    second = lease(newsroom.database, "b")
    assert [len(first), len(second)] == [5, IN_FLIGHT_PER_HOST - 5]
    assert not {item.id for item in first} & {item.id for item in second}
    record(newsroom.database, first[:2])
    assert len(lease(newsroom.database, "c")) == 2


@pytest.mark.parametrize(
    "spellings",
    [
        ("Shared.example", "shared.example"),
        ("shared.example", "shared.example."),
        ("예시.example", "xn--vv4b11d.example"),
        ("192.0.2.1", "[::ffff:192.0.2.1]"),
        ("[2001:db8::1]", "[2001:db8:0::1]"),
    ],
)
def test_no_more_than_eight_are_under_way_to_one_host_whosever_they_are(newsroom: Newsroom, spellings: tuple[str, str]) -> None:
    """Partners of one host, two lanes, two workers."""
    for number, host in enumerate(spellings):
        newsroom.subscribe(f"https://{host}:{8000 + number}/hook/{number}")
    for number in range(14):
        newsroom.post(breaking=number % 2 == 0)
    newsroom.plan()
    leased = [
        *lease(newsroom.database, limit=3),
        *lease(newsroom.database, "b", Lane.BREAKING, limit=2),
        *lease(newsroom.database),
    ]
    assert len(leased) == IN_FLIGHT_PER_HOST
    assert len({item.partner_id for item in leased[:3]}) == 2
    assert lease(newsroom.database, "b", Lane.BREAKING) == []
    newsroom.subscribe()
    newsroom.plan()
    assert len(lease(newsroom.database, "b")) == 7
    record(newsroom.database, leased[:3])
    assert len(lease(newsroom.database, "b", Lane.BREAKING, limit=2)) == 2


@pytest.mark.parametrize("under_way", [False, True])
def test_what_waits_for_a_deleted_partner_is_superseded(newsroom: Newsroom, under_way: bool) -> None:
    partner = newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    leased = lease(newsroom.database) if under_way else []
    with newsroom.database.write() as uow:
        ping(uow, newsroom.site.id, partner.id, actor="tests", request_id="req")
        delete(uow, newsroom.site.id, partner.id, actor="tests", request_id="req")
        uow.commit()
    assert newsroom.plan() == [0]
    assert lease(newsroom.database) == []
    if under_way:
        record(newsroom.database, leased, DeliveryState.FAILING, retry_seconds=5)
    assert [item.state for item in newsroom.deliveries(article)] == [DeliveryState.SUPERSEDED]


def test_busy_partner_delays_no_other(newsroom: Newsroom) -> None:
    newsroom.subscribe()
    for _ in range(20):
        newsroom.post()
    newsroom.plan()
    lease(newsroom.database)
    other = newsroom.subscribe()
    newsroom.plan()
    assert {item.partner_id for item in lease(newsroom.database, "b")} == {other.id}


def test_partners_beyond_the_room_have_their_turn_after_the_last_one_served(newsroom: Newsroom) -> None:
    partners = sorted(newsroom.subscribe().id for _ in range(5))
    for _ in range(3):
        newsroom.post()
    newsroom.plan()

    with newsroom.database.write() as uow:
        served = uow.deliveries.lease(Lane.DEFAULT, "a", uow.now, LEASE_SECONDS, 2)
        then = uow.deliveries.lease(Lane.DEFAULT, "a", uow.now, LEASE_SECONDS, 2, after=partners[1])
        last = uow.deliveries.lease(Lane.DEFAULT, "a", uow.now, LEASE_SECONDS, 2, after=partners[3])
        uow.commit()

    assert [{item.partner_id for item in leased} for leased in (served, then, last)] == [
        {*partners[:2]},
        {*partners[2:4]},
        {partners[4]},
    ]


def test_partners_with_nothing_that_may_go_take_nobodys_turn(newsroom: Newsroom) -> None:
    partners = sorted(newsroom.subscribe().id for _ in range(5))
    newsroom.post(breaking=True)  # two events, of which the second waits for the first
    newsroom.plan()
    first = lease(newsroom.database, lane=Lane.BREAKING)
    assert len(first) == 5
    record(newsroom.database, [item for item in first if item.partner_id == partners[4]])
    assert [item.partner_id for item in lease(newsroom.database, "b", Lane.BREAKING, limit=2)] == [partners[4]]


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)  # SQLite has no other transaction meanwhile
def test_delivery_that_another_transaction_is_at_is_waited_for_by_nobody(newsroom: Newsroom, database_url: str) -> None:
    newsroom.subscribe()
    newsroom.post()
    newsroom.post()
    newsroom.plan()

    with psycopg.connect(database_url) as other:
        held = other.execute("SELECT id FROM deliveries ORDER BY sequence LIMIT 1 FOR UPDATE").fetchone()
        [leased] = lease(newsroom.database)

    [left] = lease(newsroom.database, "b")
    assert held == (left.id,)
    assert leased.id != left.id


def test_lease_is_renewed_by_its_holder_and_taken_over_when_it_ends(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    [held] = lease(newsroom.database)
    clock.advance(4)
    with newsroom.database.write() as uow:
        assert uow.deliveries.renew([held.id], "thief", uow.now, 100) == set()
        assert uow.deliveries.renew([held.id], "a", uow.now, LEASE_SECONDS) == {held.id}
        uow.commit()
    clock.advance(4)
    assert lease(newsroom.database, "b") == []
    clock.advance(1)
    assert [item.id for item in lease(newsroom.database, "b")] == [held.id]

    record(newsroom.database, [held], DeliveryState.DEAD, holder="a")
    assert newsroom.deliveries(article)[0].state is DeliveryState.PLANNED
    record(newsroom.database, [held], holder="b")
    assert newsroom.deliveries(article)[0].state is DeliveryState.ACKNOWLEDGED


def test_outcome_is_recorded_with_its_time_and_words(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    newsroom.plan()
    record(newsroom.database, lease(newsroom.database), DeliveryState.FAILING, retry_seconds=5)
    [failing] = newsroom.deliveries(article)
    assert (failing.state, failing.attempts, failing.last_status, failing.last_detail) == ("failing", 1, 200, "said")
    assert (failing.next_attempt_at, failing.acknowledged_at) == (START + timedelta(seconds=5), None)
    assert lease(newsroom.database) == []
    clock.advance(5)
    record(newsroom.database, lease(newsroom.database))
    [done] = newsroom.deliveries(article)
    assert (done.state, done.attempts, done.next_attempt_at, done.acknowledged_at) == ("acknowledged", 2, None, clock())


def test_disabled_partners_deliveries_wait_and_are_not_lost(newsroom: Newsroom) -> None:
    partner = newsroom.subscribe()
    newsroom.post()
    newsroom.plan()
    with newsroom.database.write() as uow:
        uow.partners.disable(partner.id, "gone")
        uow.commit()
    assert lease(newsroom.database) == []
    with newsroom.database.read() as uow:
        assert not any(uow.deliveries.unclaimed(lane, uow.now, 5.0) for lane in Lane)
    with newsroom.database.write() as uow:
        uow.partners.save(partner)
        uow.commit()
    assert len(lease(newsroom.database)) == 1


def test_waiting_and_unclaimed_say_what_is_to_be_done(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.subscribe()
    newsroom.post()
    newsroom.plan()
    clock.advance(2)
    with newsroom.database.read() as uow:
        assert uow.deliveries.waiting(uow.now) == {Lane.BREAKING: (0, 0.0), Lane.DEFAULT: (1, 2.0)}
        assert [lane for lane in Lane if uow.deliveries.unclaimed(lane, uow.now, 5.0)] == [Lane.DEFAULT]
    lease(newsroom.database)
    with newsroom.database.read() as uow:
        assert not any(uow.deliveries.unclaimed(lane, uow.now, 5.0) for lane in Lane)


def test_seven_days_begin_when_a_delivery_is_planned(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.subscribe()
    article = newsroom.post()
    clock.advance(8 * 86_400)  # workers were away
    newsroom.plan()
    [delivery] = newsroom.deliveries(article)
    assert delivery.give_up_at == clock() + GIVE_UP_AFTER
