import asyncio
import gzip
from datetime import UTC, datetime

import pytest

from service.document_cache import ABSENCE_SECONDS, MAX_ABSENCES, RETRY_SECONDS, DocumentCache
from service.prepared import Loaded, Prepared
from sokbo.domain.ids import SiteId
from sokbo.errors import Unavailable
from tests.unit.service.reading.source import MODIFIED, SITE, MemorySource

MEGABYTE = 1024 * 1024


class Failing(MemorySource):
    """Raises the error while it is `broken`."""

    broken = False

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self._error = error or OSError("the database is away")

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        found = await super().load(site_id, path)
        if self.broken:
            raise self._error
        return found


async def read(cache: DocumentCache, path: str) -> Prepared:
    prepared = await cache.get(SITE, path)
    assert prepared is not None
    assert gzip.decompress(prepared.gzip.body) == prepared.identity.body
    return prepared


async def test_a_document_is_put_together_from_its_pieces() -> None:
    source = MemorySource()
    source.put("feed.atom", b"<feed>", entries=[b"one", b"two", b"three"])
    prepared = await read(DocumentCache(source, MEGABYTE), "feed.atom")
    assert prepared.identity.body == b"<feed>one,two,three</end>"
    assert (prepared.identity.etag, prepared.gzip.etag) == ('"v1"', '"v1-gz"')
    assert prepared.last_modified == MODIFIED.replace(microsecond=0)


async def test_a_herd_of_readers_makes_one_load() -> None:
    source = MemorySource()
    source.put("feed.atom", b"<feed>")
    source.gate.clear()
    cache = DocumentCache(source, MEGABYTE)
    readers = [asyncio.create_task(read(cache, "feed.atom")) for _ in range(100)]
    await asyncio.sleep(0)
    source.gate.set()
    assert len({id(prepared) for prepared in await asyncio.gather(*readers)}) == 1
    assert source.loads == ["feed.atom"]


async def test_a_reader_who_gives_up_takes_the_document_from_nobody_else() -> None:
    source = MemorySource()
    source.put("feed.atom", b"<feed>")
    source.gate.clear()
    cache = DocumentCache(source, MEGABYTE)
    hasty, patient = (asyncio.create_task(read(cache, "feed.atom")) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    source.gate.set()
    assert (await patient).identity.body == b"<feed></end>"
    assert hasty.cancelled()


async def test_readers_get_the_old_document_while_the_new_one_loads() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    cache = DocumentCache(source, MEGABYTE)
    old = await read(cache, "feed.atom")
    source.put("feed.atom", b"new")
    source.gate.clear()
    refreshing = asyncio.create_task(cache.refresh(SITE, ["feed.atom"]))
    await asyncio.sleep(0)
    assert await read(cache, "feed.atom") is old
    assert cache.holds(old)
    source.gate.set()
    await refreshing
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"
    assert not cache.holds(old)


async def test_a_change_during_a_load_is_not_missed() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    source.gate.clear()
    cache = DocumentCache(source, MEGABYTE)
    reading = asyncio.create_task(read(cache, "feed.atom"))
    await source.asked.wait()
    source.put("feed.atom", b"new")
    refreshing = asyncio.create_task(cache.refresh(SITE, ["feed.atom"]))
    await asyncio.sleep(0)
    source.gate.set()
    await refreshing
    assert (await reading).identity.body == b"new</end>"


async def test_what_nobody_reads_is_not_loaded_on_a_change() -> None:
    source = MemorySource()
    source.put("feed.atom", b"<feed>")
    cache = DocumentCache(source, MEGABYTE)
    await cache.refresh(SITE, ["feed.atom"])
    assert source.loads == []


async def test_what_nobody_has_read_since_its_last_change_is_loaded_for_its_next_reader() -> None:
    source = MemorySource()
    source.put("feed.atom", b"one")
    cache = DocumentCache(source, MEGABYTE)
    one = await read(cache, "feed.atom")
    for body in (b"two", b"three", b"four"):
        source.put("feed.atom", body)
        await cache.hear(SITE, source.version, ["feed.atom"])
    assert source.loads == ["feed.atom"] * 2  # for the reader, and for others like it
    assert not cache.holds(one)
    assert (await read(cache, "feed.atom")).identity.body == b"four</end>"
    assert source.loads == ["feed.atom"] * 3
    four = await read(cache, "feed.atom")
    assert cache.holds(four)
    assert source.loads == ["feed.atom"] * 3


async def test_what_has_changed_is_read_on_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("service.document_cache.time.monotonic", lambda: now)
    source = Failing(Unavailable("the database can't be used"))
    cache = DocumentCache(source, MEGABYTE)
    for path in ("feed.rss", "feed.atom"):
        source.put(path, b"one")
        await read(cache, path)
        for body in (b"two", b"three"):
            source.put(path, body)
            await cache.refresh(SITE, [path])
    source.broken = True
    source.loads.clear()
    for path in ("feed.atom", "feed.rss", "feed.atom"):
        assert (await read(cache, path)).identity.body == b"two</end>"
    assert len(source.loads) == 1  # a reader each second waits for whether the database is there
    source.broken = False
    now += RETRY_SECONDS
    assert (await read(cache, "feed.atom")).identity.body == b"three</end>"


async def test_absence_is_remembered_until_the_document_is_announced() -> None:
    source = MemorySource()
    cache = DocumentCache(source, MEGABYTE)
    assert await cache.get(SITE, "5") is None
    assert await cache.get(SITE, "5") is None
    assert source.loads == ["5"]
    source.put("5", b"page")
    await cache.refresh(SITE, ["5"])
    assert (await read(cache, "5")).identity.body == b"page</end>"


async def test_absence_is_doubted_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("service.document_cache.time.monotonic", lambda: now)
    source = MemorySource()
    cache = DocumentCache(source, MEGABYTE)
    assert await cache.get(SITE, "5") is None
    source.put("5", b"page")
    now += ABSENCE_SECONDS
    assert (await read(cache, "5")).identity.body == b"page</end>"


async def test_a_crawl_of_unknown_paths_is_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.document_cache.time.monotonic", lambda: 100.0)  # however long the crawl takes
    source = MemorySource()
    cache = DocumentCache(source, MEGABYTE)
    for number in range(MAX_ABSENCES + 1):
        await cache.get(SITE, str(number))
    await cache.get(SITE, "1")
    assert source.loads.count("1") == 1
    await cache.get(SITE, "0")
    assert source.loads.count("0") == 2


async def test_a_document_that_goes_is_gone() -> None:
    source = MemorySource()
    source.put("5", b"page")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "5")
    del source.documents[SITE, "5"]
    await cache.refresh(SITE, ["5"])
    assert await cache.get(SITE, "5") is None
    assert cache.size_bytes == 0


async def test_memory_is_bounded_and_what_was_read_last_stays() -> None:
    source = MemorySource()
    for number in range(10):
        source.put(str(number), b"x" * 10_000)
    cache = DocumentCache(source, 40_000)
    for number in range(9):
        await read(cache, "0")
        await read(cache, str(number))
        assert cache.size_bytes <= 40_000
    source.loads.clear()
    await read(cache, "0")
    await read(cache, "1")
    assert source.loads == ["1"]


async def test_without_memory_every_document_is_still_served_with_its_strip() -> None:
    source = MemorySource()
    source.put_strip(b"<breaking>")
    source.put("5", b"page", closing=b"</html>")
    cache = DocumentCache(source, 0)
    assert (await read(cache, "5")).identity.body == b"page</end><breaking></end></html>"
    assert cache.size_bytes == 0


async def test_a_page_shows_the_strip_and_its_validators_depend_on_both() -> None:
    source = MemorySource()
    later = datetime(2026, 4, 1, tzinfo=UTC)
    source.put("5", b"page", closing=b"</html>")
    source.put_strip(b"<breaking>", modified=later)
    page = await read(DocumentCache(source, MEGABYTE), "5")
    assert page.identity.body == b"page</end><breaking></end></html>"
    assert (page.identity.etag, page.gzip.etag) == ('"v1-v2"', '"v1-v2-gz"')
    assert page.last_modified == later


async def test_a_page_without_a_strip_ends_as_it_is() -> None:
    source = MemorySource()
    source.put("5", b"page", closing=b"</html>")
    page = await read(DocumentCache(source, MEGABYTE), "5")
    assert (page.identity.body, page.identity.etag) == (b"page</end></html>", '"v1"')


async def test_a_new_strip_shows_in_every_page_that_is_held_without_loading_them() -> None:
    source = MemorySource()
    source.put_strip(b"<calm>")
    for number in range(120):
        source.put(str(number), b"page", closing=b"</html>")
    cache = DocumentCache(source, MEGABYTE)
    for number in range(120):
        await read(cache, str(number))
    source.loads.clear()
    source.put_strip(b"<breaking>")
    await cache.refresh(SITE, ["breaking.html"])
    assert source.loads == ["breaking.html"]
    assert all([b"<breaking>" in (await read(cache, str(number))).identity.body for number in range(120)])


async def test_a_strip_that_changes_while_a_page_loads_is_in_the_page() -> None:
    source = MemorySource()
    source.put_strip(b"<calm>")
    source.put("4", b"page", closing=b"</html>")
    source.put("5", b"page", closing=b"</html>")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "4")
    source.gate.clear()
    reading = asyncio.create_task(read(cache, "5"))
    source.put_strip(b"<breaking>")
    refreshing = asyncio.create_task(cache.refresh(SITE, ["breaking.html"]))
    await asyncio.sleep(0)
    source.gate.set()
    await refreshing
    await reading
    assert b"<breaking>" in (await read(cache, "5")).identity.body


async def test_a_lost_announcement_is_made_up_for_by_the_versions() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    source.put("feed.rss", b"same")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "feed.atom")
    same = await read(cache, "feed.rss")
    await cache.catch_up()
    same = await read(cache, "feed.rss")
    source.put("feed.atom", b"new")
    await cache.catch_up()
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"
    assert cache.holds(same)
    source.loads.clear()
    await cache.catch_up()
    assert source.loads == []


async def test_a_site_of_which_nothing_is_held_is_not_asked_for_all_its_paths() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    cache = DocumentCache(source, MEGABYTE)
    await cache.catch_up()
    assert source.questions == []
    assert (await read(cache, "feed.atom")).identity.body == b"old</end>"
    source.put("feed.atom", b"new")
    await cache.catch_up()
    assert source.questions == [1]
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"


async def test_a_document_that_was_being_loaded_at_the_first_look_is_caught_up_with() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    source.gate.clear()
    cache = DocumentCache(source, MEGABYTE)
    loading = asyncio.create_task(read(cache, "feed.atom"))
    await source.asked.wait()
    source.put("feed.atom", b"new")
    looking = asyncio.create_task(cache.catch_up())
    await asyncio.sleep(0)
    source.gate.set()
    await asyncio.gather(loading, looking)
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"


async def test_what_was_announced_in_order_is_not_loaded_again() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "feed.atom")
    await cache.catch_up()
    source.put("feed.atom", b"new")
    await cache.hear(SITE, source.version, ["feed.atom"])
    source.loads.clear()
    await cache.catch_up()
    assert source.loads == []
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"


async def test_a_gap_between_announcements_is_filled_by_the_versions() -> None:
    source = MemorySource()
    source.put("feed.atom", b"old")
    source.put("feed.rss", b"old")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "feed.atom")
    await read(cache, "feed.rss")
    await cache.catch_up()
    source.put("feed.atom", b"missed")
    source.put("feed.rss", b"new")
    await cache.hear(SITE, source.version, ["feed.rss"])
    assert (await read(cache, "feed.rss")).identity.body == b"new</end>"
    await cache.catch_up()
    assert (await read(cache, "feed.atom")).identity.body == b"missed</end>"


async def test_an_announcement_that_couldnt_be_loaded_is_found_by_the_versions() -> None:
    source = Failing()
    source.put("feed.atom", b"old")
    cache = DocumentCache(source, MEGABYTE)
    await read(cache, "feed.atom")
    await cache.catch_up()
    await read(cache, "feed.atom")
    source.put("feed.atom", b"new")
    source.broken = True
    with pytest.raises(OSError, match="away"):
        await cache.hear(SITE, source.version, ["feed.atom"])
    source.broken = False
    await cache.catch_up()
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"


async def test_a_failed_refresh_leaves_the_old_document_and_is_tried_again() -> None:
    source = Failing()
    source.put("feed.atom", b"old")
    cache = DocumentCache(source, MEGABYTE)
    old = await read(cache, "feed.atom")
    source.put("feed.atom", b"new")
    source.broken = True
    with pytest.raises(OSError, match="away"):
        await cache.catch_up()
    assert await read(cache, "feed.atom") is old
    source.broken = False
    await cache.catch_up()
    assert (await read(cache, "feed.atom")).identity.body == b"new</end>"


async def test_a_line_break_in_a_header_is_refused() -> None:
    source = MemorySource()
    source.put("feed.atom", b"<feed>", headers={"Link": "<a>\r\nSet-Cookie: b"})
    with pytest.raises(ValueError, match="line break"):
        await DocumentCache(source, MEGABYTE).get(SITE, "feed.atom")
