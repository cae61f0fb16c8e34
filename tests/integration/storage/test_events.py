from datetime import timedelta

import pytest

from sokbo.domain.event import Event, EventType, Lane
from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from sokbo.storage import Database
from sokbo.storage.events import SUSPECT_LEASES, LeaseLost, PendingEvent
from tests.clock import Clock
from tests.newsroom import Newsroom

LEASE_SECONDS = 5.0


def lease(database: Database, holder: str, lane: Lane = Lane.DEFAULT, limit: int = 10) -> list[PendingEvent]:
    with database.write() as uow:
        leased = uow.events.lease(lane, holder, uow.now, LEASE_SECONDS, limit)
        uow.commit()
        return list(leased)


def finish(database: Database, holder: str, pending: list[PendingEvent]) -> None:
    with database.write() as uow:
        uow.events.finish([item.event.id for item in pending], holder, uow.now)
        uow.commit()


def events(pending: list[PendingEvent]) -> list[Event]:
    return [item.event for item in pending]


def test_event_is_leased_as_it_was_appended(newsroom: Newsroom) -> None:
    newsroom.post(categories=("정치",), request_id="req_a")
    [pending] = lease(newsroom.database, "a")
    [(event, touched)] = newsroom.events
    assert (pending.event, pending.listings) == (event, touched)
    assert touched == (SITE_LISTING, Listing(ListingKind.CATEGORY, "정치", "정치"))
    assert (event.type, event.request_id, event.sequence) == (EventType.ARTICLE_PUBLISHED, "req_a", 1)


def test_two_holders_never_hold_the_same(newsroom: Newsroom) -> None:
    for _ in range(5):
        newsroom.post()
    first, second = lease(newsroom.database, "a", limit=3), lease(newsroom.database, "b", limit=3)
    assert [item.sequence for item in events(first)] == [1, 2, 3]
    assert [item.sequence for item in events(second)] == [4, 5]
    assert lease(newsroom.database, "c") == []


def test_lanes_are_leased_apart(newsroom: Newsroom) -> None:
    newsroom.post()
    newsroom.post(breaking=True)
    breaking = events(lease(newsroom.database, "a", Lane.BREAKING))
    assert [item.type for item in breaking] == [EventType.ARTICLE_PUBLISHED, EventType.BREAKING_STARTED]
    assert [item.type for item in events(lease(newsroom.database, "a"))] == [EventType.ARTICLE_PUBLISHED]


def test_expired_lease_is_taken_over_and_its_holder_can_not_finish(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.post()
    lost = lease(newsroom.database, "dead")
    clock.advance(LEASE_SECONDS - 0.001)
    assert lease(newsroom.database, "heir") == []
    clock.advance(0.001)
    taken = lease(newsroom.database, "heir")

    assert events(taken) == events(lost)
    with pytest.raises(LeaseLost):
        finish(newsroom.database, "dead", lost)
    finish(newsroom.database, "heir", taken)
    with pytest.raises(LeaseLost):
        finish(newsroom.database, "heir", taken)


def test_released_event_is_free_at_once_and_a_finished_one_never_again(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.post()
    newsroom.post()
    first, second = lease(newsroom.database, "a")
    with newsroom.database.write() as uow:
        uow.events.release([first.event.id], "a")
        uow.events.release([second.event.id], "somebody else")
        uow.commit()
    assert lease(newsroom.database, "b") == [first]
    finish(newsroom.database, "b", [first])
    clock.advance(3600)
    assert lease(newsroom.database, "c") == [second]


def test_what_holders_die_with_is_leased_last_and_alone(newsroom: Newsroom, clock: Clock) -> None:
    first, second = newsroom.post(), newsroom.post()
    for _ in range(SUSPECT_LEASES):
        assert len(lease(newsroom.database, "a")) == 2
        clock.advance(60)
    third = newsroom.post()
    assert [item.event.article_id for item in lease(newsroom.database, "b")] == [third.id]
    assert [item.event.article_id for item in lease(newsroom.database, "b")] == [first.id]
    assert [item.event.article_id for item in lease(newsroom.database, "b")] == [second.id]
    assert lease(newsroom.database, "b") == []


def test_what_is_given_back_is_no_suspect(newsroom: Newsroom) -> None:
    newsroom.post()
    newsroom.post()
    for _ in range(SUSPECT_LEASES + 1):
        leased = lease(newsroom.database, "a")
        assert len(leased) == 2
        with newsroom.database.write() as uow:
            uow.events.release([item.event.id for item in leased], "a")
            uow.commit()


def test_waiting_and_unclaimed_say_what_is_to_be_done(newsroom: Newsroom, clock: Clock) -> None:
    newsroom.post(breaking=True, breaking_until=clock() + timedelta(hours=1))
    clock.advance(3)
    newsroom.post()
    with newsroom.database.read() as uow:
        assert uow.events.waiting(uow.now) == {Lane.BREAKING: (2, 3.0), Lane.DEFAULT: (1, 0.0)}
        assert uow.events.unclaimed(uow.now, 5.0).keys() == {Lane.BREAKING, Lane.DEFAULT}
        assert all(uow.events.has_unclaimed(lane, uow.now, 5.0) for lane in Lane)
    finish(newsroom.database, "a", lease(newsroom.database, "a", Lane.BREAKING))
    lease(newsroom.database, "a")
    with newsroom.database.read() as uow:
        assert uow.events.waiting(uow.now) == {Lane.BREAKING: (0, 0.0), Lane.DEFAULT: (1, 0.0)}
        assert uow.events.unclaimed(uow.now, 5.0) == {}
        assert not any(uow.events.has_unclaimed(lane, uow.now, 5.0) for lane in Lane)
