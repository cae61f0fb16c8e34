"""Threads that write at once, as several processes do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from typing import TypeVar

import pytest

from sokbo.domain.delivery import IN_FLIGHT_PER_HOST
from sokbo.domain.event import Lane
from sokbo.domain.tally import Measure, Tally
from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker, make_ready, new_name
from tests.newsroom import Newsroom

T = TypeVar("T")
WRITERS = 4


def at_once(work: Callable[[int], T], threads: int = WRITERS) -> list[T]:
    """What each thread's work returned; all begin together."""
    barrier = Barrier(threads)

    def run(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_numbers_and_sequences_have_no_gaps_however_many_post_at_once(newsroom: Newsroom) -> None:
    numbers = at_once(lambda _: [newsroom.post().number for _ in range(10)])
    assert sorted(number for mine in numbers for number in mine) == list(range(1, 41))
    assert sorted(event.sequence for event, _ in newsroom.events) == list(range(1, 41))


def test_reader_of_events_who_has_seen_a_number_has_missed_none_below_it(newsroom: Newsroom) -> None:
    """Whoever reads while others post sees what is committed, and commits follow the numbers."""

    def work(number: int) -> list[int]:
        if number:
            return [newsroom.post().number for _ in range(10)]
        seen: list[int] = []
        while len(seen) < 10 * (WRITERS - 1):
            with newsroom.database.read() as uow:
                seen += [event.sequence for event in uow.events.page(newsroom.site.id, seen[-1] if seen else 0, 7)]
        return seen

    seen = at_once(work)[0]
    assert seen == list(range(1, len(seen) + 1))


def test_each_event_is_leased_by_one_only(newsroom: Newsroom) -> None:
    for _ in range(20):
        newsroom.post()

    def work(number: int) -> list[str]:
        with newsroom.database.write() as uow:
            leased = uow.events.lease(Lane.DEFAULT, f"holder-{number}", uow.now, 5.0, 10)
            uow.commit()
            return [item.event.id for item in leased]

    leased = [event_id for mine in at_once(work) for event_id in mine]
    assert len(leased) == len(set(leased)) == 20


def test_each_delivery_is_leased_by_one_only(newsroom: Newsroom) -> None:
    for _ in range(20):
        newsroom.subscribe()
    newsroom.post()
    newsroom.plan()

    def work(number: int) -> list[str]:
        with newsroom.database.write() as uow:
            leased = uow.deliveries.lease(Lane.DEFAULT, f"holder-{number}", uow.now, 5.0, 10)
            uow.commit()
            return [item.id for item in leased]

    leased = [delivery_id for mine in at_once(work) for delivery_id in mine]
    assert len(leased) == len(set(leased))
    assert 10 <= len(leased) <= 20


@pytest.mark.parametrize("partners", [1, 3])
def test_no_more_than_eight_are_under_way_to_one_host_whichever_lanes_are_leased_at_once(
    newsroom: Newsroom, database_url: str, clock: Clock, partners: int
) -> None:
    for _ in range(partners):
        newsroom.subscribe("https://shared.example/hook")
    for number in range(40):
        newsroom.post(breaking=number % 2 == 0)
    newsroom.plan()
    workers = [Database(database_url, clock=clock) for _ in range(WRITERS)]

    def work(number: int) -> int:
        with workers[number].write() as uow:
            leased = uow.deliveries.lease([*Lane][number % 2], f"holder-{number}", uow.now, 5.0, 100)
            uow.commit()
            return len(leased)

    assert sum(at_once(work)) == IN_FLIGHT_PER_HOST
    for worker in workers:
        worker.close()


def test_counting_holds_up_nobody(postgresql: Maker) -> None:
    database = Database(postgresql.create(new_name(), TEMPLATE))
    tally = Tally()
    tally.count(Measure.DOCUMENTS)
    with database.write() as slow:
        slow.tallies.add(tally)
        assert slow.sites.all() == []
        with database.write(wait_seconds=0.1) as quick:
            quick.tallies.add(tally)
            quick.commit()
        slow.commit()
    with database.read() as uow:
        assert uow.tallies.all()[Measure.DOCUMENTS] == {"": 2}
    database.close()


def test_worker_who_finds_partners_taken_leases_for_the_others(postgresql: Maker, clock: Clock) -> None:
    database = Database(postgresql.create(new_name(), TEMPLATE), clock=clock)
    newsroom = Newsroom.open(database)
    for _ in range(4):
        newsroom.subscribe()
    newsroom.post()
    newsroom.plan()

    with database.write() as one, database.write() as other:
        first = one.deliveries.lease(Lane.DEFAULT, "a", one.now, 5.0, 2)
        second = other.deliveries.lease(Lane.DEFAULT, "b", other.now, 5.0, 2)
    database.close()

    assert [len(first), len(second)] == [2, 2]
    assert not {item.partner_id for item in first} & {item.partner_id for item in second}


def test_documents_of_a_site_are_assembled_one_at_a_time(newsroom: Newsroom) -> None:
    def work(_: int) -> list[int]:
        versions = []
        for _ in range(5):
            with newsroom.database.write() as uow:
                versions.append(uow.sites.advance_version(newsroom.site.id).number)
                uow.commit()
        return versions

    assert sorted(version for mine in at_once(work) for version in mine) == list(range(1, 21))


def test_two_databases_of_one_url_see_each_others_commits(database_url: str, newsroom: Newsroom) -> None:
    other = Database(database_url)
    article = newsroom.post()
    with other.read() as uow:
        assert uow.articles.get(newsroom.site.id, article.id) == article
    other.close()


def test_moment_of_a_transaction_that_waited_for_sqlites_lock_is_after_the_wait(tmp_path: Path) -> None:
    """Leases are counted from it: read before, it would have them nearly over when they are written."""
    url = f"sqlite:///{tmp_path / 'sokbo.db'}"
    make_ready(url)
    database, other = Database(url), Database(url)
    begun = Event()

    def wait_and_read() -> datetime:
        begun.set()
        with other.write() as uow:
            return uow.now

    with ThreadPoolExecutor(1) as pool:
        with database.write() as uow:
            uow.sites.all()
            moment = pool.submit(wait_and_read)
            begun.wait()
            for _ in range(3):
                wait([moment], timeout=0.05)
            let_go = datetime.now(UTC)
            uow.commit()
        assert moment.result() >= let_go
    database.close()
    other.close()
