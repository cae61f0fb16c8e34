"""What workers and readers ask again and again costs the same, however much waits or has been: counted in SQLite's own steps."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import create_engine, insert, select, update

from sokbo.domain.delivery import DeliveryState
from sokbo.domain.event import Lane
from sokbo.domain.ids import PartnerId
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.delivery_tables import deliveries, partners
from tests.clock import START, Clock
from tests.databases import TEMPLATE, Maker, new_name
from tests.newsroom import Newsroom

PARTNERS = 4
FEW, MANY = 50, 2000
#: No more than this times the cost among few may the same cost among many.
MARGIN = 1.5
STEPS_AT_ONCE = 10

Work = Callable[[UnitOfWork, Newsroom, PartnerId], object]


@contextmanager
def crowded(sqlite: Maker, each: int, **fields: object) -> Iterator[tuple[Newsroom, PartnerId]]:
    """A newsroom whose partners have so many more deliveries each, of articles of their own, with these fields."""
    url = sqlite.create(new_name(), TEMPLATE)
    with closing(Database(url, clock=Clock())) as database:
        newsroom = Newsroom.open(database)
        chosen = [newsroom.subscribe().id for _ in range(PARTNERS)]
        newsroom.post()
        newsroom.plan()
        with create_engine(url).begin() as connection:
            for row in connection.execute(select(deliveries)).mappings().all():
                own = {**row, "event_id": None, "article_id": None} | fields
                copies = [own | {"id": f"evt_{index:026}-{row['partner_id']}", "sequence": index + 10} for index in range(each)]
                connection.execute(insert(deliveries), copies)
            if fields.get("next_attempt_at", START) is None:
                connection.execute(update(deliveries).values(next_attempt_at=None))
                connection.execute(update(partners).values(breaker_since=START, breaker_next_probe_at=START))
        yield newsroom, chosen[0]


def steps(sqlite: Maker, work: Work, each: int, **fields: object) -> int:
    """How often SQLite's machine has taken ten steps for the work, which is not committed."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with crowded(sqlite, each, **fields) as (newsroom, partner_id), newsroom.database.write() as uow:
        driver = uow._session._connection.connection.dbapi_connection
        assert driver is not None
        driver.set_progress_handler(count, STEPS_AT_ONCE)
        work(uow, newsroom, partner_id)
        driver.set_progress_handler(None, 0)
    return taken


def lease(uow: UnitOfWork, _newsroom: Newsroom, _partner: PartnerId) -> object:
    return uow.deliveries.lease(Lane.DEFAULT, "me", uow.now, 5.0, PARTNERS * 2)


def look(uow: UnitOfWork, _newsroom: Newsroom, _partner: PartnerId) -> object:
    return [(uow.deliveries.unclaimed(lane, uow.now, 5.0), uow.deliveries.to_park(lane, uow.now, 5.0)) for lane in Lane]


def probe(uow: UnitOfWork, _newsroom: Newsroom, _partner: PartnerId) -> object:
    return [uow.deliveries.lease_probes(lane, "me", uow.now, 5.0, 60.0, PARTNERS) for lane in Lane]


def first_page(uow: UnitOfWork, newsroom: Newsroom, _partner: PartnerId) -> object:
    return uow.delivery_records.page(newsroom.site.id, None, "", "", 10)


def page_of_state(uow: UnitOfWork, newsroom: Newsroom, _partner: PartnerId) -> object:
    return uow.delivery_records.page(newsroom.site.id, DeliveryState.PLANNED, "", "", 10)


def page_of_partner(uow: UnitOfWork, newsroom: Newsroom, partner: PartnerId) -> object:
    return uow.delivery_records.page(newsroom.site.id, None, partner, "", 10)


WAITING: dict[str, object] = {}
PARKED: dict[str, object] = {"next_attempt_at": None}
DONE: dict[str, object] = {"state": DeliveryState.ACKNOWLEDGED, "next_attempt_at": START}


@pytest.mark.parametrize(
    ("work", "fields"),
    [
        (lease, WAITING),
        (lease, DONE),
        (look, WAITING),
        (look, PARKED),
        (look, DONE),
        (probe, PARKED),
        (first_page, DONE),
        (page_of_state, DONE),
        (page_of_partner, DONE),
    ],
)
def test_cost_does_not_grow_with_what_waits_or_has_been(sqlite: Maker, work: Work, fields: dict[str, object]) -> None:
    assert steps(sqlite, work, MANY, **fields) <= MARGIN * steps(sqlite, work, FEW, **fields)
