"""Accepting articles from many threads at once, each with a connection of its own, as several services would."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.auth import Caller
from service.publishing import Accepted, Idempotency, accept
from sokbo.domain.article import Content, Draft
from sokbo.domain.event import Lane
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.ids import KeyId, SiteId, new_id
from sokbo.domain.key import ApiKey, Scope
from sokbo.domain.site import Site
from sokbo.errors import IdempotencyMismatch
from sokbo.storage import Database
from tests.clock import Clock

TWINS = 50
DRAFT = Draft(Content("한 번만", "<p>본문</p>", "본문", "요약"))


@pytest.fixture
def caller(database: Database) -> Caller:
    with database.write() as uow:
        site = uow.sites.add(Site(SiteId(0), "news", "뉴스", "http://news.example", uow.now))
        uow.commit()
    key = ApiKey(KeyId(new_id("key")), site.id, "sokbo_test", frozenset(Scope), site.created_at)
    return Caller(key, site, "req_test")


def post(database: Database, caller: Caller, idempotency: Idempotency) -> Accepted:
    with database.write() as uow:
        accepted = accept(uow, caller, DRAFT, idempotency)
        uow.commit()
        return accepted


def test_fifty_twins_at_once_make_one_article_and_one_event(database: Database, caller: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(lambda _: post(database, caller, Idempotency("one", "digest")), range(TWINS)))
    assert len({item.answer["id"] for item in accepted}) == 1
    assert [item.replayed for item in accepted].count(False) == 1
    with database.read() as uow:
        assert len(uow.listings.newest(caller.site.id, SITE_LISTING, 10)) == 1
        assert uow.events.waiting(uow.now)[Lane.DEFAULT][0] == 1


def test_articles_accepted_together_bear_times_of_their_own(database: Database, caller: Caller) -> None:
    with database.write() as uow:
        together = [accept(uow, caller, DRAFT).article for _ in range(8)]
        uow.commit()
    assert len({article.modified_at for article in together}) == len(together)
    assert [article.modified_at for article in together] == sorted(article.modified_at for article in together)


def test_another_request_under_the_same_key_is_refused(database: Database, caller: Caller) -> None:
    post(database, caller, Idempotency("one", "digest"))
    with pytest.raises(IdempotencyMismatch):
        post(database, caller, Idempotency("one", "other"))


def test_the_same_key_at_another_site_is_another_key(database: Database, caller: Caller) -> None:
    first = post(database, caller, Idempotency("one", "digest"))
    with database.write() as uow:
        other = uow.sites.add(replace(caller.site, name="other", base_url="http://other.example"))
        uow.commit()
    second = post(database, replace(caller, site=other), Idempotency("one", "digest"))
    assert not second.replayed
    assert second.answer["id"] != first.answer["id"]


def test_a_key_answers_for_seven_days(database: Database, caller: Caller, clock: Clock) -> None:
    first = post(database, caller, Idempotency("one", "digest"))
    clock.advance(7 * 24 * 3600 - 1)
    assert post(database, caller, Idempotency("one", "digest")).answer == first.answer
