"""What workers and readers ask again and again costs the same, however much waits or has been: counted in SQLite's own steps."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert, select, update

from sokbo.domain.delivery import DeliveryState
from sokbo.domain.event import Lane
from sokbo.domain.ids import PartnerId
from sokbo.domain.picture import Picture, PictureState
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.archive_tables import archive_documents, archive_entries, tombstones
from sokbo.storage.delivery_tables import deliveries, partners
from sokbo.storage.picture_tables import picture_variants
from tests.clock import START, Clock
from tests.databases import TEMPLATE, Maker, new_name
from tests.newsroom import Newsroom

PARTNERS = 4
FEW, MANY = 50, 2000
#: No more than this times the cost among few may the same cost among many.
MARGIN = 1.5
STEPS_AT_ONCE = 10

Work = Callable[[UnitOfWork, Newsroom, PartnerId], object]


def steps_of(newsroom: Newsroom, work: Callable[[UnitOfWork], object]) -> int:
    """How often SQLite's machine has taken ten steps for the work, which is not committed."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with newsroom.database.write() as uow:
        driver = uow._session._connection.connection.dbapi_connection
        assert driver is not None
        driver.set_progress_handler(count, STEPS_AT_ONCE)
        work(uow)
        driver.set_progress_handler(None, 0)
    return taken


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
    """What the work takes among so many deliveries."""
    with crowded(sqlite, each, **fields) as (newsroom, partner_id):
        return steps_of(newsroom, lambda uow: work(uow, newsroom, partner_id))


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


def steps_among(sqlite: Maker, neighbours: int) -> int:
    """What a turn takes where so many partners share a host that is busy."""
    url = sqlite.create(new_name(), TEMPLATE)
    with closing(Database(url, clock=Clock())) as database:
        newsroom = Newsroom.open(database)
        for number in range(neighbours):
            newsroom.subscribe(f"https://shared.example/{number}")
        newsroom.post()
        newsroom.plan()
        with database.write() as uow:
            lease(uow, newsroom, PartnerId(""))
            uow.commit()
        return steps_of(newsroom, lambda uow: (lease(uow, newsroom, PartnerId("")), probe(uow, newsroom, PartnerId(""))))


def test_cost_of_a_turn_does_not_grow_by_the_square_of_the_partners_of_a_host(sqlite: Maker) -> None:
    assert steps_among(sqlite, 400) <= MARGIN * 10 * steps_among(sqlite, 40)


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


def test_cost_of_a_change_does_not_grow_with_what_refers_to_articles(sqlite: Maker) -> None:
    url = sqlite.create(new_name(), TEMPLATE)
    with closing(Database(url, clock=Clock())) as database:
        newsroom = Newsroom.open(database)
        article = newsroom.post()
        among_none = steps_of(newsroom, lambda uow: uow.articles.save(article, None))
        rows = [
            {"site_id": article.site_id, "kind": "tag", "key": f"{number}", "number": number, "article_id": article.id}
            for number in range(MANY)
        ]
        with create_engine(url).begin() as connection:
            connection.execute(insert(tombstones).values(published_at=START), rows)
        assert steps_of(newsroom, lambda uow: uow.articles.save(article, None)) <= MARGIN * among_none


def test_cost_of_forgetting_a_picture_does_not_grow_with_uploads(sqlite: Maker) -> None:
    url = sqlite.create(new_name(), TEMPLATE)

    def forget(uow: UnitOfWork) -> None:
        assert uow.retention.forget_failed_pictures(START + timedelta(days=2), 10) == 1

    with closing(Database(url, clock=Clock())) as database:
        newsroom = Newsroom.open(database)
        with database.write() as uow:
            uow.pictures.add([Picture("https://far.example/a.jpg", PictureState.FAILED), Picture("sha256-a")], START)
            uow.commit()
        among_none = steps_of(newsroom, forget)
        variants = [{"name": f"{number}.jpg", "source": "sha256-a"} for number in range(MANY)]
        with create_engine(url).begin() as connection:
            connection.execute(insert(picture_variants), variants)
        assert steps_of(newsroom, forget) <= MARGIN * among_none


def steps_of_archiving(sqlite: Maker, archived: int) -> int:
    """What it takes to give an article its place and to make its document, where so many stand in closed documents of its month
    and of those before."""
    url = sqlite.create(new_name(), TEMPLATE)
    with closing(Database(url, clock=Clock())) as database:
        newsroom = Newsroom.open(database)
        first, article = newsroom.post(), newsroom.post()
        with database.write() as uow:
            uow.archives.place([first])
            uow.commit()
        with create_engine(url).begin() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            [row] = connection.execute(select(archive_entries)).mappings().all()
            old = [
                {**row, "article_id": f"old-{n}", "number": n + 10, "published_at": START - timedelta(minutes=n + 1)}
                | {"month": "2026-03" if n % 2 else "2026-02", "ordinal": n + 1, "document": n // 25 + 2}
                for n in range(archived)
            ]
            connection.execute(insert(archive_entries), old)
            closed = sorted({(each["month"], each["document"]) for each in old})
            connection.execute(
                insert(archive_documents),
                [
                    {"site_id": newsroom.site.id, "month": month, "number": number, "position": place + 1}
                    for place, (month, number) in enumerate(closed)
                ],
            )

        def archive(uow: UnitOfWork) -> None:
            [place] = uow.archives.place([article])
            uow.archives.newest(newsroom.site.id, 25)
            for document in uow.archives.open(newsroom.site.id):
                uow.archives.entries(newsroom.site.id, document.part)
            uow.archives.neighbours(newsroom.site.id, place.archive)
            uow.archives.last_closed(newsroom.site.id)

        return steps_of(newsroom, archive)


def test_cost_of_archiving_does_not_grow_with_the_archive(sqlite: Maker) -> None:
    assert steps_of_archiving(sqlite, 20 * MANY) <= MARGIN * steps_of_archiving(sqlite, FEW)
