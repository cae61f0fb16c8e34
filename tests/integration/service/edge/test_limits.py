"""Keys, rates and sizes, asked of the whole service."""

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sokbo.domain.key import ApiKey
from sokbo.errors import Unavailable
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork
from sokbo.storage.keys import KeyRepository
from tests.integration.service.edge.running import Edge, whole_service
from tests.integration.service.reading.serving import Reply

POST = "POST /v1/articles HTTP/1.1"
ARTICLE = b"Title\n\nText."
MAX_BODY_BYTES = 64 * 1024
FAILURES = 5
WRONG = "Authorization: Bearer sokbo_wrong"


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    def small(settings: Settings) -> Settings:
        return settings.model_copy(update={"unknown_keys_per_minute": FAILURES, "max_article_bytes": MAX_BODY_BYTES})

    async with whole_service(tmp_path, small) as running:
        yield running


def publisher(edge: Edge, *lines: str) -> tuple[str, ...]:
    return (POST, f"Authorization: Bearer {edge.key}", "Content-Type: text/plain", *lines)


def guess(edge: Edge, number: int) -> Coroutine[Any, Any, Reply]:
    lines = ["GET /v1/articles/art_x HTTP/1.1", "X-Forwarded-For: 192.0.2.{}", "Authorization: Bearer sokbo_{}"]
    return edge.ask(*(line.format(number) for line in lines))


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many keys each query for keys has asked for."""
    asked: list[int] = []
    by_digests = KeyRepository.by_digests

    def counting(self: KeyRepository, digests: Collection[str]) -> dict[str, ApiKey]:
        asked.append(len(digests))
        return by_digests(self, digests)

    monkeypatch.setattr(KeyRepository, "by_digests", counting)
    return asked


async def test_guesses_are_counted_and_refused_also_when_sent_at_once(edge: Edge) -> None:
    replies = await asyncio.gather(*(guess(edge, number) for number in range(40)))
    statuses = [reply.status for reply in replies]
    assert (statuses.count(401), statuses.count(429)) == (FAILURES, 40 - FAILURES)
    refused = next(reply for reply in replies if reply.status == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60 / FAILURES
    assert b'"code":"rate_limited"' in refused.body


async def test_guesses_cost_a_query_for_many_of_them(edge: Edge, queries: list[int]) -> None:
    for first in range(0, 300, 100):
        await asyncio.gather(*(guess(edge, first + number) for number in range(100)))
    assert sum(queries) == 300
    assert len(queries) < 60


@pytest.mark.parametrize("is_new", [False, True])
async def test_others_guesses_from_the_same_address_keep_no_key_out(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    monkeypatch.setattr("service.auth.BELIEVED_SECONDS", 0.0)
    asked = ("GET /v1/articles/art_x HTTP/1.1", f"Authorization: Bearer {edge.key}")
    if not is_new:
        assert (await edge.ask(*asked)).status == 404
    for turn in range(1, 4):
        *guessed, reply = await asyncio.gather(*(guess(edge, 50 * turn + number) for number in range(50)), edge.ask(*asked))
        assert reply.status == 404
        assert {reply.status for reply in guessed} <= {401, 429}
        assert (await edge.ask(*asked)).status == 404


async def test_key_that_is_known_waits_for_no_turn_among_guesses(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.auth.BELIEVED_SECONDS", 0.0)
    asked = ("GET /v1/articles/art_x HTTP/1.1", f"Authorization: Bearer {edge.key}")
    assert (await edge.ask(*asked)).status == 404
    await asyncio.gather(*(guess(edge, number) for number in range(2 * FAILURES)))
    monkeypatch.setattr("service.key_lookups.PACE_SECONDS", 3600.0)
    async with asyncio.timeout(10):
        assert (await edge.ask(*asked)).status == 404


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    def strict(settings: Settings) -> Settings:
        return settings.model_copy(update={"requests_per_minute": 2})

    async with whole_service(tmp_path, strict) as edge:
        asked = ("GET /v1/articles/art_x HTTP/1.1", f"Authorization: Bearer {edge.key}")
        replies = [await edge.ask(*asked) for _ in range(3)]
    assert [reply.status for reply in replies] == [404, 404, 429]
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 30


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/articles", "POST"),
        ("GET", "/v1/articles", "POST"),
        ("OPTIONS", "/v1/articles", "POST"),
        ("POST", "/v1/articles/x", "DELETE, GET, HEAD, PATCH, PUT"),
        ("GET", "/v1/partners/x/ping", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_other_methods_on_a_path_of_the_api_are_told_what_is_allowed(
    edge: Edge, method: str, path: str, allowed: str
) -> None:
    reply = await edge.ask(f"{method} {path} HTTP/1.1")
    assert (reply.status, reply.headers["allow"]) == (405, allowed)
    assert b'"code":"method_not_allowed"' in reply.body


@pytest.mark.parametrize("credentials", ["X: y", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Bearer"])
async def test_challenge_to_whoever_brings_no_key_names_no_error(edge: Edge, credentials: str) -> None:
    reply = await edge.ask("GET /v1/deliveries HTTP/1.1", credentials)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="sokbo"')


async def test_challenge_says_that_a_key_is_not_good(edge: Edge) -> None:
    reply = await edge.ask("GET /v1/deliveries HTTP/1.1", WRONG)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="sokbo", error="invalid_token"')


async def test_challenge_says_which_scope_a_key_lacks(edge: Edge) -> None:
    reply = await edge.ask("GET /v1/partners HTTP/1.1", f"Authorization: Bearer {edge.key}")
    challenge = 'Bearer realm="sokbo", error="insufficient_scope", scope="partners"'
    assert (reply.status, reply.headers["www-authenticate"]) == (403, challenge)


async def test_there_is_nothing_at_other_paths_below_the_api(edge: Edge) -> None:
    assert [(await edge.ask(f"{method} /v1/nothing HTTP/1.1")).status for method in ("GET", "PUT", "OPTIONS")] == [404] * 3


async def test_a_body_is_asked_for_only_of_whom_may_send_it(edge: Edge) -> None:
    async with await edge.dial() as connection:
        refused = await connection.ask(POST, WRONG, "Expect: 100-continue", "Content-Length: 10")
        assert refused.status == 401
    async with await edge.dial() as connection:
        connection.send(*publisher(edge, "Expect: 100-continue", "Content-Length: 12"))
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.writer.write(b"Title\n\nText.")
        assert (await connection.reply()).status == 201


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "X: y"])
async def test_a_body_that_is_said_to_be_too_large_is_refused_unread(edge: Edge, expect: str) -> None:
    reply = await edge.ask(*publisher(edge, f"Content-Length: {MAX_BODY_BYTES + 1}", expect))
    assert (reply.status, reply.headers["server"]) == (413, "Sokbo")
    assert b'"code":"too_large"' in reply.body


async def test_chunks_are_counted(edge: Edge) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    reply = await edge.ask(*publisher(edge, "Transfer-Encoding: chunked"), body=chunk + chunk)
    assert reply.status == 413
    reply = await edge.ask(*publisher(edge, "Transfer-Encoding: chunked"), body=b"c\r\nTitle\n\nText.\r\n0\r\n\r\n")
    assert reply.status == 201


async def test_a_compressed_body_is_measured_unpacked(edge: Edge) -> None:
    good, bomb = gzip.compress(b"Title\n\nText.", mtime=0), gzip.compress(bytes(50_000_000))
    compressed = publisher(edge, "Content-Encoding: gzip")
    reply = await edge.ask(*compressed, f"Content-Length: {len(good)}", body=good)
    assert reply.status == 201
    reply = await edge.ask(*compressed, f"Content-Length: {len(bomb)}", body=bomb)
    assert reply.status == 413
    assert (await edge.ask(*compressed, "Content-Length: 4", body=b"\x1f\x8bno")).status == 400


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(ARTICLE, mtime=0)[:-12]),
        ("gzip", gzip.compress(ARTICLE, mtime=0)[:-8]),
        ("gzip", gzip.compress(ARTICLE, mtime=0)[:-1]),
        ("gzip", gzip.compress(ARTICLE, mtime=0)[:-8] + bytes(8)),
        ("gzip", gzip.compress(ARTICLE, mtime=0) + b"more"),
        ("gzip", b""),
        ("deflate", zlib.compress(ARTICLE)[:-6]),
        ("deflate", zlib.compress(ARTICLE)[:-4]),
        ("deflate", zlib.compress(ARTICLE)[2:-6]),
    ],
)
async def test_a_compressed_body_that_is_cut_short_or_damaged_is_refused(edge: Edge, coding: str, packed: bytes) -> None:
    asked = publisher(edge, f"Content-Encoding: {coding}", f"Content-Length: {len(packed)}")
    reply = await edge.ask(*asked, body=packed)
    assert reply.status == 400
    assert b"cut short or damaged" in reply.body


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"Title\n", mtime=0) + gzip.compress(b"\nText.", mtime=0)),
        ("deflate", zlib.compress(ARTICLE)),
        ("Deflate", zlib.compress(ARTICLE)[2:-4]),
        ("identity", ARTICLE),
    ],
)
async def test_each_coding_that_is_taken_can_be_read(edge: Edge, coding: str, packed: bytes) -> None:
    asked = publisher(edge, f"Content-Encoding: {coding}", f"Content-Length: {len(packed)}")
    assert (await edge.ask(*asked, body=packed)).status == 201


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
async def test_another_coding_is_refused_with_the_names_of_those_taken(edge: Edge, coding: str) -> None:
    reply = await edge.ask(*publisher(edge, f"Content-Encoding: {coding}", "Content-Length: 4"), body=b"1234")
    assert (reply.status, reply.headers["content-type"]) == (415, "application/problem+json")
    assert b"gzip, deflate or identity" in reply.body
    assert reply.headers["accept-encoding"] == "gzip, deflate, identity"


async def test_a_bomb_that_is_refused_is_not_unpacked(edge: Edge) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with asyncio.timeout(10), await edge.dial() as connection:
        connection.send(POST, WRONG, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
        connection.writer.write(bomb)
        assert (await connection.reply()).status == 401
        assert (await connection.ask("GET /healthz HTTP/1.1")).status == 200


async def test_metrics_count_the_recalled_and_the_refused(edge: Edge) -> None:
    page = (await edge.ask("GET /metrics HTTP/1.1")).body
    assert b"\nsokbo_answers_recalled_total 0.0\n" in page
    assert b"\nsokbo_connections_refused_total 0.0\n" in page


async def test_while_the_database_is_away_nobody_waits_for_the_others_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    @contextmanager
    def away(_: Database) -> Iterator[UnitOfWork]:
        nonlocal asked
        asked += 1
        time.sleep(0.2)  # as a connection to a host that is gone
        raise Unavailable("the database is away")
        yield

    async with whole_service(tmp_path) as edge:
        monkeypatch.setattr(Database, "read", away)
        replies = await asyncio.gather(
            *(edge.ask("GET /v1/deliveries HTTP/1.1", f"Authorization: Bearer sokbo_{number}") for number in range(20))
        )
        assert [reply.status for reply in replies] == [503] * 20
        assert asked < 5
