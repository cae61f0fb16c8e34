import asyncio
import threading
from collections.abc import Sequence

import pytest

from service.key_lookups import KeyAndSite, KeyLookups
from sokbo import keys, sites
from sokbo.domain.key import Scope, token_digest
from sokbo.storage import Database


class Held(KeyLookups):
    """Its queries wait until they are let go; `asked` are their digests."""

    def __init__(self, database: Database):
        super().__init__(database)
        self.begun = threading.Event()
        self.may_go = threading.Event()
        self.asked: list[set[str]] = []

    def _load(self, digests: Sequence[str]) -> dict[str, KeyAndSite]:
        self.asked.append(set(digests))
        self.begun.set()
        assert self.may_go.wait(10)
        return super()._load(digests)


@pytest.fixture
def digest(stored: Database) -> str:
    """A key's."""
    origin = {"actor": "test", "request_id": "req_test"}
    with stored.write() as uow:
        site = sites.create(uow, {"name": "news", "title": "News", "base_url": "http://127.0.0.1/news"}, **origin)
        _, token = keys.issue(uow, site.id, [Scope.PUBLISH], "test", **origin)
        uow.commit()
    return token_digest(token)


async def test_all_that_wait_are_looked_up_together(stored: Database, digest: str) -> None:
    lookups = Held(stored)
    first = asyncio.create_task(lookups.find("guess"))
    await asyncio.to_thread(lookups.begun.wait)
    others = [asyncio.create_task(lookups.find(wanted)) for wanted in (digest, "other", digest)]
    await asyncio.sleep(0)
    lookups.may_go.set()
    assert await first is None
    found = await asyncio.gather(*others)
    assert [one and one.site.name for one in found] == ["news", None, "news"]
    assert lookups.asked == [{"guess"}, {digest, "other"}]


async def test_whoever_leaves_keeps_nobody_from_an_answer(stored: Database, digest: str) -> None:
    lookups = Held(stored)
    hasty = asyncio.create_task(lookups.find(digest))
    await asyncio.to_thread(lookups.begun.wait)
    patient = asyncio.create_task(lookups.find(digest))
    await asyncio.sleep(0)
    hasty.cancel()
    lookups.may_go.set()
    found = await asyncio.wait_for(patient, 10)
    assert found is not None
    assert found.site.name == "news"


async def test_who_can_wait_is_taken_along_by_others_queries(
    stored: Database, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.key_lookups.PACE_SECONDS", 0.05)
    lookups = Held(stored)
    lookups.may_go.set()
    waiting = [asyncio.create_task(lookups.find(f"guess-{number}", can_wait=True)) for number in range(20)]
    await asyncio.sleep(0)
    assert lookups.asked == []
    assert await lookups.find(digest) is not None
    assert await asyncio.gather(*waiting) == [None] * 20
    assert [len(asked) for asked in lookups.asked] == [21]
