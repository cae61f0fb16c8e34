"""The pump on a loop of its own, against real receivers, with a clock that stands still until it is moved."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from sokbo.domain.article import Article
from sokbo.domain.delivery import GIVE_UP_AFTER, Delivery
from sokbo.domain.event import EventType
from sokbo.domain.ids import PartnerId, new_id
from sokbo.domain.partner import Partner, PartnerState
from sokbo.errors import Unavailable
from sokbo.net.signing import new_key
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.delivery_tables import deliveries
from sokbo.storage.tables import revisions
from tests.clock import Clock
from tests.integration.storage.test_migrations import engine_of
from tests.integration.workers.bureau import Bureau, open_bureau
from tests.receiver import receiving
from tests.waiting import eventually
from workers.database_health import DatabaseHealth
from workers.deliver import Cycle, Pump, Taken

DEADLINE_SECONDS = 5.0


@asynccontextmanager
async def pumping(bureau: Bureau, pump: Pump | None = None) -> AsyncIterator[Pump]:
    """The pump, the bureau's own if none is given, at work; at the end it is stopped, and must drain in time."""
    pump = pump or bureau.runtime.pump
    running = asyncio.create_task(pump.run())
    pump.wake()
    try:
        yield pump
    finally:
        pump.stop()
        await asyncio.wait_for(running, DEADLINE_SECONDS)


async def until(condition: Callable[[], object]) -> None:
    """Waits in a thread, so that the pump's loop goes on."""
    await asyncio.to_thread(eventually, condition, DEADLINE_SECONDS)


def _twin(bureau: Bureau) -> Partner:
    """A partner like any other, not registered yet."""
    url = "https://twin.example/hook"
    return Partner(PartnerId(new_id("ptr")), bureau.newsroom.site.id, "twin", "webhook", url, bureau.newsroom.site.created_at)


def _refuse(database: Database, patched: pytest.MonkeyPatch) -> list[str]:
    """Has the database refuse to write, as when its disk is full; what was refused is in the list."""
    refused: list[str] = []

    def write(_: Database) -> AbstractContextManager[UnitOfWork]:
        refused.append("write")
        raise Unavailable("the disk is full")

    patched.setattr(type(database), "write", write)
    return refused


def states(bureau: Bureau, article: Article) -> list[str]:
    return [delivery.state.value for delivery in bureau.newsroom.deliveries(article)]


def only(bureau: Bureau, article: Article) -> Delivery:
    [delivery] = bureau.newsroom.deliveries(article)
    return delivery


async def test_push_is_signed_and_recorded(bureau: Bureau) -> None:
    secret = new_key()
    with receiving() as receiver:
        bureau.newsroom.subscribe(receiver.url, secret=secret)
        article = bureau.newsroom.post("하나")
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: states(bureau, article) == ["acknowledged"])
    [push] = receiver.pushes
    assert (push.id, push.type) == (only(bureau, article).id, "article.published")
    assert push.data["article"]["title"] == "하나"
    assert push.headers["webhook-signature"].startswith("v1,")


async def test_failed_push_waits_for_its_time_and_keeps_its_id(bureau: Bureau, clock: Clock) -> None:
    with receiving() as receiver:
        receiver.statuses[:] = [503]
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: states(bureau, article) == ["failing"])
            due = only(bureau, article).next_attempt_at
            assert due is not None
            assert 4.0 <= (due - clock()).total_seconds() <= 6.0
            clock.now = due
            pump.wake()
            await until(lambda: states(bureau, article) == ["acknowledged"])
    assert len({push.id for push in receiver.pushes}) == 1
    assert len({push.headers["webhook-timestamp"] for push in receiver.pushes}) == 2
    assert only(bureau, article).attempts == 2


async def test_start_of_breaking_news_survives_a_failure_and_an_edit_and_carries_the_newest_words(
    bureau: Bureau, clock: Clock
) -> None:
    with receiving() as receiver:
        receiver.statuses[:] = [503]
        bureau.newsroom.subscribe(receiver.url, breaking_only=True)
        article = bureau.newsroom.post("하나", breaking=True)
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: states(bureau, article) == ["failing"])
            bureau.newsroom.revise(article, "둘", breaking=True, breaking_until=article.breaking_until)
            await asyncio.to_thread(bureau.syndicate)
            clock.advance(6)
            pump.wake()
            await until(lambda: len(receiver.pushes) == 3)
    heard = [(push.type, push.data["article"]["revision"], push.data["link"]["title"]) for push in receiver.pushes]
    assert heard == [("breaking.started", 1, "하나"), ("breaking.started", 2, "둘"), ("article.updated", 2, "둘")]


@pytest.mark.parametrize("by_publisher", [True, False])
async def test_start_of_breaking_news_that_is_over_is_pushed_to_nobody(bureau: Bureau, clock: Clock, by_publisher: bool) -> None:
    """Also not to a partner who hears of no end, which would lead its list with that for ever."""
    with receiving() as receiver:
        receiver.statuses[:] = [503]
        bureau.newsroom.subscribe(receiver.url, events=(EventType.BREAKING_STARTED,))
        article = bureau.newsroom.post(breaking=True)
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: states(bureau, article) == ["failing"])
            if by_publisher:
                bureau.newsroom.revise(article, breaking=False)
                clock.advance(6)
            else:
                clock.advance(6 * 3600 + 1)
            pump.wake()
            await until(lambda: states(bureau, article) == ["superseded"])
    assert len(receiver.pushes) == 1


async def test_nothing_but_its_withdrawal_is_pushed_of_a_withdrawn_article(bureau: Bureau) -> None:
    """It is withdrawn, and no worker has seen that yet."""
    with receiving() as receiver:
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post(breaking=True)
        bureau.syndicate()
        bureau.newsroom.withdraw(article)
        async with pumping(bureau) as pump:
            await until(lambda: states(bureau, article) == ["superseded", "superseded"])
            assert receiver.pushes == []
            await asyncio.to_thread(bureau.syndicate)
            pump.wake()
            await until(lambda: receiver.pushes)
        with bureau.newsroom.database.read() as uow:
            attempts = [len(uow.delivery_records.attempts(item.id)) for item in bureau.newsroom.deliveries(article)]
    assert [push.type for push in receiver.pushes] == ["article.withdrawn"]
    assert attempts == [0, 0, 1]


async def test_retry_after_is_kept_to(bureau: Bureau, clock: Clock) -> None:
    with receiving() as receiver:
        receiver.statuses[:] = [429]
        receiver.headers["Retry-After"] = "120"
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: states(bureau, article) == ["failing"])
    due = only(bureau, article).next_attempt_at
    assert due is not None
    assert (due - clock()).total_seconds() == 120


async def test_delivery_is_dead_after_the_schedules_end(database: Database, tmp_path: Path, clock: Clock) -> None:
    with open_bureau(database, tmp_path, retry_schedule="1,1") as bureau, receiving() as receiver:
        receiver.statuses[:] = [500] * 3
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau) as pump:
            for attempts in (1, 2, 3):
                await until(lambda attempts=attempts: only(bureau, article).attempts == attempts)  # type: ignore[misc]  # mypy can't type a lambda's default
                clock.advance(2)
                pump.wake()
    assert states(bureau, article) == ["dead"]
    assert len(receiver.pushes) == 3


async def test_no_attempt_is_planned_beyond_seven_days(bureau: Bureau, clock: Clock) -> None:
    with receiving() as receiver:
        receiver.statuses[:] = [500]
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        clock.now += GIVE_UP_AFTER
        async with pumping(bureau):
            await until(lambda: states(bureau, article) == ["dead"])


async def test_gone_disables_the_partner(bureau: Bureau) -> None:
    with receiving() as receiver:
        receiver.statuses[:] = [410]
        partner = bureau.newsroom.subscribe(receiver.url)
        bureau.newsroom.post()
        bureau.syndicate()

        def state() -> PartnerState:
            with bureau.newsroom.database.read() as uow:
                return uow.partners.many([partner.id])[partner.id].state

        async with pumping(bureau):
            await until(lambda: state() is PartnerState.DISABLED)
    with bureau.newsroom.database.read() as uow:
        last = uow.audit.page(bureau.newsroom.site.id, 0, 100)[-1]
    assert (last.actor, last.action, last.subject, last.request_id) == ("worker", "partner.disable", partner.id, "req_1")
    again = bureau.newsroom.post("둘")
    bureau.syndicate()
    assert bureau.newsroom.deliveries(again) == []


async def test_partner_that_hangs_delays_nobody_and_has_eight_under_way_at_most(bureau: Bureau) -> None:
    with receiving() as slow, receiving() as quick:
        slow.hanging = True
        bureau.newsroom.subscribe(slow.url)
        for number in range(12):
            bureau.newsroom.post(f"기사 {number}")
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: len(slow.pushes) == 8)
            bureau.newsroom.subscribe(quick.url)
            bureau.newsroom.post("새것")
            bureau.syndicate()
            pump.wake()
            await until(lambda: len(quick.pushes) == 1)
            assert len(slow.pushes) == 8
            slow.ended.set()


async def test_stop_lets_what_is_under_way_finish_and_writes_it(bureau: Bureau) -> None:
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: receiver.pushes)
            pump.stop()
            assert states(bureau, article) == ["planned"]
            receiver.ended.set()
    assert only(bureau, article).attempts == 1


async def test_push_whose_lease_ran_out_under_way_is_not_made_twice_by_the_same_worker(bureau: Bureau, clock: Clock) -> None:
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau) as pump:
            await until(lambda: receiver.pushes)
            clock.advance(3 * 3600)
            other = bureau.newsroom.post("둘")
            await asyncio.to_thread(bureau.syndicate)
            pump.wake()
            await until(lambda: len(receiver.pushes) == 2)
            receiver.ended.set()
            await until(lambda: only(bureau, article).attempts == only(bureau, other).attempts == 1)
    assert [push.data["article"]["title"] for push in receiver.pushes] == ["제목", "둘"]


async def test_partner_whose_secret_can_not_be_opened_holds_up_nobody(bureau: Bureau) -> None:
    with receiving() as receiver:
        broken = bureau.newsroom.subscribe(receiver.url)
        bureau.newsroom.subscribe(receiver.url)
        with bureau.newsroom.database.write() as uow:
            copied = uow.partners.addressees([broken.id], uow.now)[broken.id].sealed_secrets[0]
            uow.partners.add(_twin(bureau), copied)
            uow.commit()
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: sorted(states(bureau, article)) == ["acknowledged", "acknowledged", "failing"])
    [failing] = [delivery for delivery in bureau.newsroom.deliveries(article) if delivery.state == "failing"]
    assert failing.last_detail == "our own fault: the partner's secret was sealed for another owner, or damaged"


async def test_delivery_that_can_not_be_loaded_has_failed_and_holds_up_no_other(bureau: Bureau, database_url: str) -> None:
    with receiving() as receiver:
        bureau.newsroom.subscribe(receiver.url)
        unreadable, other = bureau.newsroom.post("못 읽는 기사"), bureau.newsroom.post("다른 기사")
        bureau.syndicate()
        engine = engine_of(database_url)
        with engine.begin() as connection:
            own = revisions.c.article_id == unreadable.id
            connection.execute(update(revisions).where(own).values(content={"headline": "of another version"}))
        engine.dispose()
        async with pumping(bureau):
            await until(lambda: states(bureau, other) == ["acknowledged"])
            await until(lambda: states(bureau, unreadable) == ["failing"])
    assert only(bureau, unreadable).last_detail.startswith("our own fault: ")


async def test_outcome_that_can_not_be_written_is_given_up_and_holds_up_no_other(bureau: Bureau, database_url: str) -> None:
    with receiving() as receiver:
        receiver.hanging = True
        for _ in range(2):
            bureau.newsroom.subscribe(receiver.url)
        gone, kept = bureau.newsroom.post("하나"), bureau.newsroom.post("둘")
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: len(receiver.pushes) == 4)
            engine = engine_of(database_url)
            with engine.begin() as connection:
                connection.execute(delete(deliveries).where(deliveries.c.article_id == gone.id))
            engine.dispose()
            receiver.ended.set()  # without an answer
            await until(lambda: states(bureau, kept) == ["failing"] * 2)
    assert [delivery.attempts for delivery in bureau.newsroom.deliveries(kept)] == [1, 1]


async def test_outcome_whose_commit_was_not_confirmed_is_recorded_once(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks after the database has committed, and before it says so."""
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        commit = UnitOfWork.commit
        lost: list[str] = []

        def commit_and_lose(uow: UnitOfWork) -> None:
            commit(uow)
            if not lost:
                lost.append("answer")
                raise Unavailable("the connection broke")

        async with pumping(bureau):
            await until(lambda: receiver.pushes)
            monkeypatch.setattr(UnitOfWork, "commit", commit_and_lose)
            receiver.ended.set()
            await until(lambda: lost)
            article_two = bureau.newsroom.post("둘")
            await asyncio.to_thread(bureau.syndicate)
            bureau.runtime.pump.wake()
            await until(lambda: only(bureau, article_two).attempts == 1)
    with bureau.newsroom.database.read() as uow:
        made = uow.delivery_records.attempts(only(bureau, article).id)
    assert [attempt.number for attempt in made] == [1]


async def test_outcomes_outlive_a_database_that_can_not_be_written(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: receiver.pushes)
            with monkeypatch.context() as patched:
                refused = _refuse(bureau.runtime.database, patched)
                receiver.ended.set()
                await until(lambda: refused)
            await until(lambda: only(bureau, article).attempts == 1)
    assert len(receiver.pushes) == 1


async def test_nothing_is_begun_while_its_outcome_could_not_be_written(
    bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.runtime.pump.settings = bureau.runtime.settings.model_copy(update={"pushes_in_flight": 1})
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        bureau.newsroom.post()
        bureau.newsroom.post("둘")
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: receiver.pushes)
            with monkeypatch.context() as patched:
                refused = _refuse(bureau.runtime.database, patched)
                await until(lambda: refused)
                receiver.ended.set()
                await until(lambda: len(refused) > 1)
                assert len(receiver.pushes) == 1
            clock.advance(bureau.runtime.settings.lease_seconds)
            await until(lambda: len(receiver.pushes) == 2)


async def test_leases_that_ran_out_while_the_database_was_away_are_left_to_their_holders_first(
    bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        mine = bureau.runtime.pump
        another = Pump(mine.settings, mine.database, mine.sealer, mine.lanes, "another", mine.rng)
        async with pumping(bureau), pumping(bureau, another):
            await until(lambda: receiver.pushes)
            with monkeypatch.context() as patched:
                refused = _refuse(bureau.runtime.database, patched)
                receiver.ended.set()
                mine.wake()
                another.wake()
                await until(lambda: len(refused) >= 2)
                clock.advance(3600)
            await until(lambda: only(bureau, article).attempts == 1)
            newer = bureau.newsroom.post("둘")
            await asyncio.to_thread(bureau.syndicate)
            await until(lambda: only(bureau, newer).attempts == 1)  # they lease again
    assert [push.data["article"]["title"] for push in receiver.pushes] == ["제목", "둘"]


async def test_what_a_worker_leased_before_it_froze_is_not_begun(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another may have pushed something newer meanwhile."""
    pump = bureau.runtime.pump
    pump.settings = bureau.runtime.settings.model_copy(update={"pushes_in_flight": 1})
    with receiving() as receiver:
        receiver.hanging = True
        bureau.newsroom.subscribe(receiver.url)
        first, second = bureau.newsroom.post(), bureau.newsroom.post("둘")
        bureau.syndicate()
        async with pumping(bureau):
            await until(lambda: receiver.pushes)
            with monkeypatch.context() as patched:
                patched.setattr(DatabaseHealth, "was_there", lambda _self, _seconds: False)
                receiver.ended.set()
                await until(lambda: only(bureau, first).attempts == 1)
            assert len(receiver.pushes) == 1
    assert states(bureau, second) == ["planned"]


async def test_what_a_turn_brings_to_a_stopped_pump_is_not_begun(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    pump = bureau.runtime.pump
    write_cycle = Pump._write_cycle

    def stopped_meanwhile(self: Pump, cycle: Cycle) -> Taken:
        taken = write_cycle(self, cycle)
        bureau_loop.call_soon_threadsafe(self.stop)
        return taken

    monkeypatch.setattr(Pump, "_write_cycle", stopped_meanwhile)
    bureau_loop = asyncio.get_running_loop()
    with receiving() as receiver:
        bureau.newsroom.subscribe(receiver.url)
        article = bureau.newsroom.post()
        bureau.syndicate()
        pump.wake()
        await asyncio.wait_for(pump.run(), DEADLINE_SECONDS)
    assert receiver.pushes == []
    assert states(bureau, article) == ["planned"]
