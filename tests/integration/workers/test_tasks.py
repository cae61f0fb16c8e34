"""The tasks as Celery calls them."""

import pytest
from celery import Celery

from sokbo.broker import Task
from sokbo.domain.event import Lane
from sokbo.errors import Unavailable
from sokbo.storage.session import Locked, TransactionConflict
from tests.integration.workers.bureau import Bureau
from tests.newsroom import Newsroom
from workers.runtime import Runtime
from workers.tasks import register


def test_worker_of_both_queues_sweeps_both(bureau: Bureau) -> None:
    other = Newsroom.open(bureau.newsroom.database)  # whose first documents the default queue's sweep makes
    app = Celery(set_as_current=False)
    register(app, bureau.runtime)
    for lane in (Lane.BREAKING, Lane.DEFAULT):  # which beat asks for in the same moment
        app.tasks[Task.SWEEP](lane)
    with bureau.newsroom.database.read() as uow:
        assert uow.documents.get(other.site.id, "feed.rss") is not None


def test_sweeps_that_have_piled_up_are_one(bureau: Bureau) -> None:
    app = Celery(set_as_current=False)
    register(app, bureau.runtime)
    app.tasks[Task.SWEEP](Lane.DEFAULT)
    other = Newsroom.open(bureau.newsroom.database)
    app.tasks[Task.SWEEP](Lane.DEFAULT)
    with bureau.newsroom.database.read() as uow:
        assert uow.documents.get(other.site.id, "feed.rss") is None


@pytest.mark.parametrize(("error", "is_away"), [(Unavailable, True), (Locked, True), (TransactionConflict, False)])
def test_database_is_away_where_it_can_not_be_used_but_not_for_whoever_another_has_outrun(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, error: type[Unavailable], *, is_away: bool
) -> None:
    noted: list[bool] = []
    monkeypatch.setattr(Runtime, "note_absence", lambda _: noted.append(True))

    def fail(*_: object) -> None:
        raise error("the database can't be used right now")

    monkeypatch.setattr("workers.tasks.syndicate", fail)
    app = Celery(set_as_current=False)
    register(app, bureau.runtime)
    app.tasks[Task.SYNDICATE](Lane.DEFAULT)
    assert bool(noted) is is_away
