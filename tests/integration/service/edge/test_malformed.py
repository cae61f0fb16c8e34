"""What isn't HTTP, or is only nearly: a small problem in answer, no trace in the log, no version in any header."""

import asyncio
import logging
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from tests.integration.service.edge.running import edge_before, roomy, whole_service


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def broken(_request: web.Request) -> web.Response:
    raise TypeError("a bug")


@pytest.mark.parametrize(
    "sent",
    [
        "GET /news/속보 HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
        b"\xff\xfe\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
async def test_what_is_no_request_gets_a_small_400_and_no_trace(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with edge_before(echo, roomy()) as edge, await edge.dial() as connection:
            connection.writer.write(sent)
            said = await connection.reader.read()
    assert said.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    assert b"\r\nServer: Sokbo\r\n" in said
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    assert orjson.loads(body)["code"] == "bad_request"
    assert len(said) < 500
    assert [entry["event"] for entry in logs] == ["request_malformed"]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
async def test_head_that_is_too_long_is_told_so(sent: bytes) -> None:
    async with edge_before(echo, roomy()) as edge, await edge.dial() as connection:
        connection.writer.write(sent)
        said = await connection.reader.read()
    assert said.startswith(b"HTTP/1.0 431 Request Header Fields Too Large\r\n")
    assert orjson.loads(said.partition(b"\r\n\r\n")[2])["code"] == "head_too_long"


@pytest.mark.parametrize("rest", [b"zz\r\n", b"5\r\nab\r\n0\r\n\r\n"])
async def test_chunks_that_are_none_are_a_bad_request(rest: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as logs:
        async with edge_before(echo, roomy()) as edge, await edge.dial() as connection:
            connection.send("POST / HTTP/1.1", "Transfer-Encoding: chunked")
            connection.writer.write(rest)
            said = await connection.reader.read()
    assert b" 400 " in said
    assert "request_failed" not in {entry["event"] for entry in logs}
    assert not caplog.records


async def test_a_sender_who_hangs_up_within_a_body_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    seen, read = asyncio.Event(), asyncio.Event()

    async def reading(request: web.Request) -> web.Response:
        seen.set()
        try:
            return web.Response(body=await request.read())
        finally:
            read.set()

    with capture_logs() as logs:
        async with edge_before(reading, roomy()) as edge:
            async with await edge.dial() as connection:
                connection.send("POST / HTTP/1.1", "Content-Length: 10")
                connection.writer.write(b"half")
                await seen.wait()
            await read.wait()
    assert not logs
    assert not caplog.records


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET /v1/articles/x HTTP/1.1", "Authorization: Bearer \udcff"), 401),
        (("POST /v1/articles HTTP/1.1", "Authorization: Bearer \udcff", "Expect: 100-continue", "Content-Length: 1"), 401),
        (("POST /v1/articles HTTP/1.1", "Authorization: Bearer {key}", "Content-Type: text/\udcff"), 415),
        (("POST /v1/articles HTTP/1.1", "Authorization: Bearer {key}", "Content-Type: text/html; charset=\udcff"), 415),
        (("GET /v1/articles/%00 HTTP/1.1", "Authorization: Bearer {key}"), 404),
    ],
)
async def test_bytes_that_are_no_text_are_the_senders_fault(tmp_path: Path, lines: tuple[str, ...], status: int) -> None:
    async with whole_service(tmp_path) as edge, await edge.dial() as connection:
        head = "\r\n".join((*lines, "Host: a", "\r\n")).format(key=edge.key)
        connection.writer.write(head.encode(errors="surrogateescape"))
        reply = await connection.reply()
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")


async def test_a_bug_is_a_500_without_a_trace_in_it() -> None:
    with capture_logs() as logs:
        async with edge_before(broken, roomy()) as edge:
            reply = await edge.ask("GET / HTTP/1.1", "Accept: text/html")
    assert (reply.status, reply.headers["server"]) == (500, "Sokbo")
    assert b"bug" not in reply.body
    assert [entry["event"] for entry in logs] == ["request_failed"]
