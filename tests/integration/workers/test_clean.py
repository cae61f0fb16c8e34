import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, literal, select, update

from sokbo.domain.article import Article
from sokbo.domain.delivery import OPEN_STATES, DeliveryState
from sokbo.domain.event import Event, Lane
from sokbo.domain.ids import EventId
from sokbo.domain.partner import Partner, PartnerState
from sokbo.domain.picture import Picture, PictureState
from sokbo.partners import delete
from sokbo.storage import UnitOfWork
from sokbo.storage.delivery_tables import attempts, deliveries
from sokbo.storage.types import UtcDateTime
from tests.clock import Clock
from tests.integration.storage.test_migrations import engine_of
from tests.integration.workers.bureau import Bureau
from workers.clean import clean

DAY = timedelta(days=1).total_seconds()
HOUR = timedelta(hours=1).total_seconds()
FEEDS = ("feed.rss", "feed.atom", "feed.json", "")


Push = Callable[..., None]


@pytest.fixture
def push(database_url: str, clock: Clock) -> Iterator[Push]:
    """Makes one attempt of every open delivery, after which it is in the state given."""
    engine = engine_of(database_url)

    def end(state: DeliveryState = DeliveryState.ACKNOWLEDGED) -> None:
        tried = select(
            deliveries.c.id,
            deliveries.c.attempts + 1,
            literal(clock(), UtcDateTime),
            literal(0.1),
            literal("verdict"),
            literal(""),
        )
        columns = ["delivery_id", "number", "ended_at", "duration_seconds", "verdict", "detail"]
        is_open = deliveries.c.state.in_(OPEN_STATES)
        with engine.begin() as connection:
            connection.execute(insert(attempts).from_select(columns, tried.where(is_open)))
            connection.execute(update(deliveries).where(is_open).values(state=state, attempts=deliveries.c.attempts + 1))

    yield end
    engine.dispose()


def known(bureau: Bureau, *events: tuple[Event, object]) -> list[EventId]:
    with bureau.newsroom.database.read() as uow:
        return [*uow.events.get([event.id for event, _ in events])]


def post(bureau: Bureau) -> Article:
    article = bureau.newsroom.post()
    bureau.syndicate()
    return article


def test_event_goes_after_its_days_with_its_deliveries_and_attempts(bureau: Bureau, clock: Clock, push: Push) -> None:
    bureau.newsroom.subscribe()
    article = post(bureau)
    push()
    clock.advance(30 * DAY)
    assert clean(bureau.runtime) == 0
    clock.advance(1)
    assert clean(bureau.runtime) == 3
    assert known(bureau, *bureau.newsroom.events) == []
    assert bureau.newsroom.deliveries(article) == []


def test_article_and_its_documents_stay_when_its_event_goes(bureau: Bureau, clock: Clock) -> None:
    article = post(bureau)
    before = {path: bureau.text(path) for path in (*FEEDS, str(article.number))}
    clock.advance(40 * DAY)
    assert clean(bureau.runtime) == 1
    assert {path: bureau.text(path) for path in before} == before
    assert bureau.newsroom.article(article) == article


def test_event_stays_while_one_of_its_deliveries_is_open(bureau: Bureau, clock: Clock, push: Push) -> None:
    bureau.newsroom.subscribe()
    article = post(bureau)
    push(DeliveryState.FAILING)
    clock.advance(40 * DAY)
    assert clean(bureau.runtime) == 1  # the attempt, of which the delivery keeps the number
    assert known(bureau, *bureau.newsroom.events)
    push()
    assert clean(bureau.runtime) == 0  # the new attempt is kept, and with it all that it belongs to
    assert [(item.state, item.attempts) for item in bureau.newsroom.deliveries(article)] == [(DeliveryState.ACKNOWLEDGED, 2)]


def test_event_that_nobody_has_worked_off_stays(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post()
    with bureau.newsroom.database.write() as uow:
        uow.events.lease(Lane.DEFAULT, "somebody", uow.now, 50 * DAY, 10)
        uow.commit()
    clock.advance(40 * DAY)
    with bureau.newsroom.database.write() as uow:
        assert uow.retention.forget_events(uow.now, 10) == 0


def test_what_waits_for_a_partner_who_is_gone_is_forgotten(bureau: Bureau, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    post(bureau)
    clock.advance(40 * DAY)
    assert clean(bureau.runtime) == 0
    with bureau.newsroom.database.write() as uow:
        delete(uow, partner.site_id, partner.id, actor="cli", request_id="req_1")
        uow.commit()
    assert clean(bureau.runtime) == 2


def test_what_waits_for_a_disabled_partner_goes_on_waiting(bureau: Bureau, clock: Clock) -> None:
    partner = bureau.newsroom.subscribe()
    article = post(bureau)
    with bureau.newsroom.database.write() as uow:
        assert uow.partners.disable(partner.id, "410")
        uow.commit()
    clock.advance(400 * DAY)
    assert clean(bureau.runtime) == 0
    assert _state(bureau, partner) is PartnerState.DISABLED
    assert [item.state for item in bureau.newsroom.deliveries(article)] == [DeliveryState.PLANNED]


def _state(bureau: Bureau, partner: Partner) -> PartnerState:
    with bureau.newsroom.database.read() as uow:
        return uow.partners.many([partner.id])[partner.id].state


def test_answers_are_repeated_for_seven_days(bureau: Bureau, clock: Clock) -> None:
    site_id = bureau.newsroom.site.id
    with bureau.newsroom.database.write() as uow:
        uow.idempotency.keep(site_id, "key", "digest", {}, uow.now)
        uow.commit()
    clock.advance(7 * DAY)
    assert clean(bureau.runtime) == 0
    clock.advance(1)
    assert clean(bureau.runtime) == 1
    with bureau.newsroom.database.read() as uow:
        assert uow.idempotency.find(site_id, "key") is None


def test_replaced_fragments_go_after_an_hour(bureau: Bureau, clock: Clock) -> None:
    article = post(bureau)
    bureau.newsroom.revise(article)
    bureau.syndicate()
    clock.advance(HOUR)
    assert clean(bureau.runtime) == 0
    clock.advance(1)
    assert clean(bureau.runtime) == 4
    assert "새 제목" in bureau.text("feed.rss")


def test_feed_is_whole_after_its_article_was_rendered_again_to_the_same_bytes(bureau: Bureau, clock: Clock) -> None:
    """The end of its breaking time says nothing new to the site's feed, which is not stored again."""
    bureau.newsroom.post("큰불", breaking=True, breaking_until=clock() + timedelta(seconds=30))
    bureau.syndicate()
    clock.advance(31)
    bureau.sweep()
    clock.advance(2 * HOUR)
    clean(bureau.runtime)
    for path in FEEDS:
        assert "큰불" in bureau.text(path), path


def test_fragments_stay_while_their_site_is_rendered_anew(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.anew.SLICE_ARTICLES", 1)
    monkeypatch.setattr("workers.anew.TURN_SECONDS", 0.0)
    for _ in range(3):
        post(bureau)
    before = bureau.text("feed.rss")
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    bureau.sweep()
    clock.advance(2 * HOUR)
    assert clean(bureau.runtime) == 0
    assert bureau.text("feed.rss") == before
    for _ in range(3):
        bureau.sweep()
    clock.advance(2 * HOUR)
    assert clean(bureau.runtime) == 12
    assert bureau.text("feed.rss") == before


Forget = Callable[[UnitOfWork, int], int]


@pytest.mark.parametrize(
    "forget",
    [
        lambda uow, limit: uow.retention.forget_attempts(uow.now, limit),
        lambda uow, limit: uow.retention.forget_answers(uow.now, limit),
    ],
)
def test_no_more_rows_are_deleted_at_once_than_asked_for(bureau: Bureau, clock: Clock, push: Push, forget: Forget) -> None:
    bureau.newsroom.subscribe()
    for key in ("a", "b", "c"):
        post(bureau)
        with bureau.newsroom.database.write() as uow:
            uow.idempotency.keep(bureau.newsroom.site.id, key, "digest", {}, uow.now)
            uow.commit()
    push()
    clock.advance(1)
    with bureau.newsroom.database.write() as uow:
        assert [forget(uow, 2), forget(uow, 2), forget(uow, 2)] == [2, 1, 0]


def test_attempts_of_a_clock_that_was_ahead_keep_no_others(bureau: Bureau, clock: Clock, push: Push) -> None:
    bureau.newsroom.subscribe()
    post(bureau)
    clock.advance(100 * DAY)
    push()  # its ids come first
    clock.advance(-100 * DAY)
    post(bureau)
    push()
    clock.advance(1)
    with bureau.newsroom.database.write() as uow:
        assert uow.retention.forget_attempts(uow.now, 1) == 1


def test_backlog_larger_than_a_batch_goes_in_one_turn(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.clean.BATCH_ROWS", 2)
    monkeypatch.setattr("workers.clean.TURN_SECONDS", 60.0)  # on a busy machine its own time may be too short for three batches
    for _ in range(5):
        post(bureau)
    clock.advance(31 * DAY)
    assert clean(bureau.runtime) == 5


def test_picture_that_was_given_up_is_tried_again_by_an_article_after_a_day(bureau: Bureau, clock: Clock) -> None:
    ours, others = Picture("a" * 64, PictureState.WAITING, "image/png", 1, 1, 1), Picture("https://elsewhere.example/a.jpg")
    with bureau.newsroom.database.write() as uow:
        uow.pictures.add([ours, others], uow.now)
        uow.pictures.lease("me", uow.now, 5, 10)
        for picture in (ours, others):
            uow.pictures.settle(replace(picture, state=PictureState.FAILED), "me", uow.now)
        uow.commit()
    clock.advance(DAY)
    assert clean(bureau.runtime) == 0
    clock.advance(1)
    assert clean(bureau.runtime) == 1
    with bureau.newsroom.database.read() as uow:
        assert uow.pictures.known([ours.source, others.source]).keys() == {ours.source}


def test_drafts_of_images_whose_process_died_are_deleted(bureau: Bureau) -> None:
    left = bureau.runtime.settings.media_folder / "drafts" / "left"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    clean(bureau.runtime)
    assert not left.exists()
