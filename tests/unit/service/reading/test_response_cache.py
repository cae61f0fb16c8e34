import gc
from weakref import ref

import pytest

from service.document_cache import DocumentCache
from service.negotiation import Coding
from service.response_cache import MAX_ANSWERS, MAX_REQUEST_BYTES, CachedResponse, Part, ResponseCache
from service.response_cache_protocol import is_one_head
from tests.unit.service.reading.source import SITE, MemorySource

REQUEST = b"GET /news/feed.atom HTTP/1.1\r\nHost: sokbo.example\r\n\r\n"


async def answered() -> tuple[MemorySource, DocumentCache, ResponseCache, CachedResponse]:
    """A memory that remembers one answer, to REQUEST."""
    source = MemorySource()
    source.put("feed.atom", b"<feed>")
    cache = DocumentCache(source, 1024 * 1024)
    prepared = await cache.get(SITE, "feed.atom")
    assert prepared is not None
    memory, answer = ResponseCache(cache), CachedResponse(prepared, Coding.IDENTITY, Part.WHOLE, prepared.identity.etag)
    memory.put(REQUEST, answer, memory.age)
    return source, cache, memory, answer


async def test_the_same_bytes_get_the_same_answer() -> None:
    *_, memory, answer = await answered()
    assert memory.get(REQUEST) == answer
    assert memory.get(REQUEST.lower()) is None
    assert memory.recalled == 1


async def test_an_answer_ends_with_its_document() -> None:
    source, cache, memory, _ = await answered()
    source.put("feed.atom", b"<new>")
    await cache.refresh(SITE, ["feed.atom"])
    assert memory.get(REQUEST) is None
    assert memory.recalled == 0


async def test_a_remembered_answer_keeps_no_replaced_document_alive() -> None:
    source, cache, memory, answer = await answered()
    document = ref(answer.prepared)
    source.put("feed.atom", b"<new>")
    await cache.refresh(SITE, ["feed.atom"])
    del answer
    gc.collect()
    assert document() is None
    assert memory.get(REQUEST) is None


async def test_the_oldest_answer_makes_room() -> None:
    *_, memory, answer = await answered()
    for number in range(MAX_ANSWERS):
        memory.put(b"%d" % number, answer, memory.age)
    assert memory.get(REQUEST) is None
    assert memory.get(b"0") == answer


async def test_a_long_request_is_not_remembered() -> None:
    *_, memory, answer = await answered()
    memory.put(b"x" * (MAX_REQUEST_BYTES + 1), answer, memory.age)
    assert memory.get(b"x" * (MAX_REQUEST_BYTES + 1)) is None


async def test_a_cleared_memory_knows_nothing() -> None:
    *_, memory, _ = await answered()
    memory.clear()
    assert memory.get(REQUEST) is None


async def test_an_answer_begun_before_the_memory_was_cleared_is_not_remembered() -> None:
    *_, memory, answer = await answered()
    age = memory.age
    memory.clear()
    memory.put(REQUEST, answer, age)
    assert memory.get(REQUEST) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (REQUEST, True),
        (REQUEST + REQUEST, False),
        (REQUEST + b"body", False),
        (REQUEST[:-2], False),
        (REQUEST[:10], False),
        (b"", False),
        (b"GET / HTTP/1.1\n\nGET / HTTP/1.1\r\n\r\n", False),
    ],
)
def test_only_one_whole_head_is_a_request_to_remember(data: bytes, expected: bool) -> None:
    assert is_one_head(data) is expected
