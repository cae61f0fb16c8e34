"""The tasks as Celery calls them."""

from celery import Celery

from sokbo.broker import Task
from sokbo.domain.event import Lane
from tests.integration.workers.bureau import Bureau
from tests.newsroom import Newsroom
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
