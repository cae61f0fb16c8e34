import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from service import writer as writing
from service.writer import Writer
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site
from sokbo.errors import NotFound, Unavailable
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.session import Locked, TransactionConflict
from tests.databases import make_ready


@asynccontextmanager
async def writing_to(database: Database) -> AsyncIterator[Writer]:
    writer = Writer(database)
    try:
        yield writer
    finally:
        await writer.close()


def adding(name: str) -> Callable[[UnitOfWork], Site]:
    return lambda uow: uow.sites.add(Site(SiteId(0), name, name, f"https://{name}.example", uow.now))


def names(database: Database) -> set[str]:
    with database.read() as uow:
        return {site.name for site in uow.sites.all()}


class Held:
    """An operation that keeps the writer busy until it is let go, so that others gather behind it."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._let_go = threading.Event()

    def __call__(self, uow: UnitOfWork) -> None:
        self.begun.set()
        assert self._let_go.wait(10)

    def let_go(self) -> None:
        self._let_go.set()


async def gathered(writer: Writer, *operations: Callable[[UnitOfWork], object]) -> list[object]:
    """What comes of operations that wait together while the writer is busy."""
    held = Held()
    busy = asyncio.create_task(writer.do(held))
    await asyncio.to_thread(held.begun.wait)
    tasks = [asyncio.create_task(writer.do(operation)) for operation in operations]
    await asyncio.sleep(0)  # each has put its operation into the queue
    held.let_go()
    await busy
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_deed_that_finds_something_else_unavailable_is_refused_alone(stored: Database) -> None:
    def refuse(_uow: UnitOfWork) -> None:
        raise Unavailable("too many requests wait to be verified", headers={"Retry-After": "60"})

    async with writing_to(stored) as writer:
        first, refused, last = await gathered(writer, adding("a"), refuse, adding("b"))
    assert isinstance(first, Site)
    assert isinstance(refused, Unavailable)
    assert isinstance(last, Site)
    assert {"a", "b"} <= names(stored)


async def test_deeds_that_wait_together_share_a_transaction(stored: Database) -> None:
    async with writing_to(stored) as writer:
        units = await gathered(writer, *[lambda uow: uow] * 10)
    assert len({id(unit) for unit in units}) == 1


async def test_as_many_as_came_together_last_time_are_waited_for(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "GATHER_SECONDS", 10.0)
    monkeypatch.setattr(writing, "GATHERED_SECONDS", 10.0)
    async with writing_to(stored) as writer:
        await gathered(writer, *[lambda uow: uow] * 2)
        first = asyncio.create_task(writer.do(lambda uow: uow))
        second = await writer.do(lambda uow: uow)
        assert await first is second


async def test_nobody_is_waited_for_beyond_the_time_for_all(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "GATHER_SECONDS", 60.0)
    monkeypatch.setattr(writing, "GATHERED_SECONDS", 0.01)
    async with writing_to(stored) as writer:
        await gathered(writer, *[lambda uow: uow] * 3)
        await asyncio.wait_for(writer.do(adding("one")), 30)


async def test_one_that_comes_alone_waits_for_nobody(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "GATHER_SECONDS", 60.0)
    monkeypatch.setattr(writing, "GATHERED_SECONDS", 60.0)
    async with writing_to(stored) as writer:
        for name in ("one", "two"):
            await asyncio.wait_for(writer.do(adding(name)), 30)


async def test_whoever_is_woken_finds_what_was_done_when_it_begins_to_write(stored: Database) -> None:
    """On PostgreSQL, where it need not wait for others that write, it is woken after the commit."""
    found: list[set[str]] = []

    def look() -> None:
        with stored.write() as uow:
            found.append({site.name for site in uow.sites.all()})

    async with writing_to(stored) as writer:
        for name in ("one", "two"):
            woken: list[threading.Thread] = []

            def wake(_site: Site, woken: list[threading.Thread] = woken) -> None:
                woken.append(threading.Thread(target=look))
                woken[0].start()

            await writer.do(adding(name), wake)
            woken[0].join()
    assert found == [{"one"}, {"one", "two"}]


async def test_nobody_is_woken_for_a_deed_that_fails_and_once_for_one_that_is_done_again(stored: Database) -> None:
    woken: list[object] = []

    def fail(_uow: UnitOfWork) -> None:
        raise NotFound("nothing there")

    async with writing_to(stored) as writer:
        with pytest.raises(NotFound):
            await writer.do(fail, woken.append)
        held = Held()
        busy = asyncio.create_task(writer.do(held))
        await asyncio.to_thread(held.begun.wait)
        tasks = [asyncio.create_task(writer.do(operation, woken.append)) for operation in (adding("one"), fail)]
        await asyncio.sleep(0)
        held.let_go()
        await asyncio.gather(busy, *tasks, return_exceptions=True)
    assert [isinstance(site, Site) and site.name for site in woken] == ["one"]


@pytest.mark.parametrize("error", [NotFound("nothing"), TypeError("a bug"), RecursionError()])
async def test_a_deed_that_fails_takes_only_its_own_writes_with_it(stored: Database, error: Exception) -> None:
    def failing(uow: UnitOfWork) -> None:
        adding("failed")(uow)
        raise error

    async with writing_to(stored) as writer:
        outcomes = await gathered(writer, adding("before"), failing, adding("after"))
        assert outcomes[1] is error
        await writer.do(adding("later"))
    assert names(stored) == {"before", "after", "later"}


async def test_a_deed_that_is_refused_before_it_writes_leaves_the_others_together(stored: Database) -> None:
    def refused(_uow: UnitOfWork) -> None:
        raise NotFound("nothing here")

    async with writing_to(stored) as writer:
        first, error, second = await gathered(writer, lambda uow: uow, refused, lambda uow: uow)
    assert isinstance(error, NotFound)
    assert first is second


async def test_what_came_before_and_after_a_deed_that_fails_is_done_together(stored: Database) -> None:
    def failing(uow: UnitOfWork) -> None:
        adding("failing")(uow)
        raise NotFound("nothing here")

    async with writing_to(stored) as writer:
        units = await gathered(writer, *[lambda uow: uow] * 3, failing, *[lambda uow: uow] * 3)
    assert isinstance(units[3], NotFound)
    assert len({id(unit) for unit in units[:3]}) == len({id(unit) for unit in units[4:]}) == 1
    assert names(stored) == set()


@pytest.mark.parametrize("error", [TransactionConflict("a deadlock"), OSError("at the commit")])
async def test_a_group_that_fails_as_a_whole_is_done_one_by_one_and_each_is_woken_with_what_was_kept(
    stored: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    commit = UnitOfWork.commit_for_certain
    woken: list[UnitOfWork] = []
    groups: list[UnitOfWork] = []

    def lost_once(uow: UnitOfWork) -> None:
        groups.append(uow)
        if len(groups) == 2:  # the first is the one that keeps the writer busy
            raise error
        commit(uow)

    monkeypatch.setattr(UnitOfWork, "commit_for_certain", lost_once)
    async with writing_to(stored) as writer:
        held = Held()
        busy = asyncio.create_task(writer.do(held))
        await asyncio.to_thread(held.begun.wait)
        tasks = [asyncio.create_task(writer.do(lambda uow: uow, woken.append)) for _ in range(3)]
        await asyncio.sleep(0)
        held.let_go()
        await busy
        kept = await asyncio.gather(*tasks)
    assert kept == groups[2:]
    assert woken[-3:] == kept


async def test_a_statement_that_the_database_refuses_fails_alone(stored: Database) -> None:
    async with writing_to(stored) as writer:
        outcomes = await gathered(writer, adding("twin"), adding("twin"), adding("other"))
    assert [isinstance(outcome, Site) for outcome in outcomes] == [True, False, True]
    assert names(stored) == {"twin", "other"}


@pytest.mark.parametrize("error", [OSError("disk"), TypeError("a bug")])
async def test_a_commit_that_fails_fails_all_and_the_next_one_works(
    stored: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_uow: UnitOfWork) -> None:
        raise error

    async with writing_to(stored) as writer:
        with monkeypatch.context() as broken:
            broken.setattr(UnitOfWork, "commit", fail)
            for name in ("one", "two"):
                with pytest.raises(type(error)):
                    await writer.do(adding(name))
        await writer.do(adding("three"))
    assert names(stored) == {"three"}


async def test_a_request_that_is_cancelled_harms_no_other(stored: Database) -> None:
    async with writing_to(stored) as writer:
        held = Held()
        busy = asyncio.create_task(writer.do(held))
        await asyncio.to_thread(held.begun.wait)
        hasty, patient = asyncio.create_task(writer.do(adding("hasty"))), asyncio.create_task(writer.do(adding("patient")))
        await asyncio.sleep(0)
        hasty.cancel()
        busy.cancel()
        held.let_go()
        assert (await patient).name == "patient"


async def test_what_waits_is_finished_at_the_end_and_no_more_is_taken(stored: Database) -> None:
    writer = Writer(stored)
    held = Held()
    busy = asyncio.create_task(writer.do(held))
    await asyncio.to_thread(held.begun.wait)
    waiting = asyncio.create_task(writer.do(adding("waiting")))
    await asyncio.sleep(0)
    closing_writer = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await writer.do(adding("late"))
    held.let_go()
    await asyncio.gather(busy, waiting, closing_writer)
    assert names(stored) == {"waiting"}


def test_a_loop_that_is_gone_ends_the_thread_quietly(stored: Database) -> None:
    held = Held()

    async def leave() -> threading.Thread:
        writer = Writer(stored)
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr] # a task runs this
        thread = next(thread for thread in threading.enumerate() if thread.name == "writer")
        task = asyncio.create_task(writer.do(held))
        await asyncio.to_thread(held.begun.wait)
        del task
        return thread

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    thread = next(thread for thread in threading.enumerate() if thread.name == "writer")
    held.let_go()
    thread.join(10)
    assert not thread.is_alive()


async def test_a_locked_database_is_waited_for_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAIT_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path}/locked.db"
    make_ready(url)
    database = Database(url)
    with closing(sqlite3.connect(tmp_path / "locked.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with writing_to(database) as writer:
            with pytest.raises(Unavailable) as caught:
                await writer.do(adding("early"))
            assert int(caught.value.headers["Retry-After"]) >= 1
            other.execute("ROLLBACK")
            monkeypatch.setattr(writing, "MAX_WAIT_SECONDS", 5.0)
            await writer.do(adding("late"))
    assert names(database) == {"late"}
    database.close()


async def test_wait_for_others_turns_and_for_the_lock_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those who wait together each has its own time; who has some left when another's is up goes on waiting."""
    monkeypatch.setattr(writing, "MAX_WAIT_SECONDS", 2.0)
    url = f"sqlite:///{tmp_path}/locked.db"
    make_ready(url)
    database = Database(url)
    with closing(sqlite3.connect(tmp_path / "locked.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with writing_to(database) as writer:

            async def timed(name: str) -> tuple[bool, float]:
                began = time.monotonic()
                [outcome] = await asyncio.gather(writer.do(adding(name)), return_exceptions=True)
                return isinstance(outcome, Site), time.monotonic() - began

            first = asyncio.create_task(timed("first"))
            await asyncio.sleep(0.2)  # behind it, which holds the writer's thread
            second = asyncio.create_task(timed("second"))
            await asyncio.sleep(1.4)
            third = asyncio.create_task(timed("third"))
            for kept, seconds in (await first, await second):
                assert not kept
                assert 1.9 < seconds < 3.5  # 3.8 if the second's time began with its own turn
            other.execute("ROLLBACK")
            assert (await third)[0]
    assert names(database) == {"third"}
    database.close()


def test_time_for_a_lock_can_be_said_for_a_transaction(database: Database) -> None:
    with database.write() as uow:
        site = uow.sites.add(Site(SiteId(0), "held", "Held", "https://held.example", uow.now))
        uow.commit()
    with database.write() as holder:
        holder.sites.hold_counters(site.id)
        began = time.monotonic()
        with pytest.raises(Locked), database.write(wait_seconds=0.1) as uow:
            uow.sites.hold_counters(site.id)
        assert time.monotonic() - began < 4  # five, if not said


async def test_whoever_waited_too_long_for_others_is_told_to_come_again(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_WAIT_SECONDS", 0.0)
    async with writing_to(stored) as writer:
        with pytest.raises(Unavailable) as caught:
            await writer.do(adding("late"))
    assert caught.value.headers["Retry-After"] == "1"
    assert names(stored) == set()


async def test_too_many_that_wait_are_refused(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_WAITING", 1)
    async with writing_to(stored) as writer:
        first, second = await gathered(writer, adding("first"), adding("second"))
    assert isinstance(first, Site)
    assert isinstance(second, Unavailable)
