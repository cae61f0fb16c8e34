"""Slow senders lose their connection; whoever waits for us, or reads slowly, keeps it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import orjson
import pytest
from aiohttp import web

from service.connections import Connections, ReadTimeouts
from tests.integration.service.edge.running import edge_before, roomy

NO_TIME = ReadTimeouts(head_seconds=0.0, body_seconds=0.0)
PATIENT = ReadTimeouts(head_seconds=60.0, body_seconds=60.0)
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: sokbo.exam"


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def test_a_silent_connection_is_closed_without_a_word() -> None:
    async with edge_before(echo, roomy(NO_TIME)) as edge, await edge.dial() as connection:
        assert await edge.closes(connection) == b""


async def test_half_a_head_after_an_answer_is_answered_408() -> None:
    connections = roomy(PATIENT)
    async with edge_before(echo, connections) as edge, await edge.dial() as connection:
        assert (await connection.ask("GET / HTTP/1.1")).status == 200
        connections.timeouts = NO_TIME
        connection.writer.write(HALF_A_HEAD)
        said = await edge.closes(connection)
    head, _, body = said.partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert f"\r\nContent-Type: application/problem+json\r\nConnection: close\r\nContent-Length: {len(body)}".encode() in head
    assert orjson.loads(body)["code"] == "request_timeout"
    [date] = re.findall(rb"\r\nDate: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)(?:\r\n|\Z)", head)
    assert abs(parsedate_to_datetime(date.decode()) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_dripping_doesnt_win_time() -> None:
    connections = roomy(ReadTimeouts(head_seconds=0.05))
    async with edge_before(echo, connections) as edge, await edge.dial() as connection:
        connection.writer.write(b"GET / HTTP/1.1\r\n")
        closing = asyncio.create_task(edge.closes(connection))
        while not closing.done():
            connection.writer.write(b"X: y\r\n")
            await asyncio.sleep(0.005)
        assert await closing == b"" or (await closing).startswith(b"HTTP/1.1 408 ")  # lost, where a drip crossed it


@pytest.mark.parametrize("length", ["Content-Length: 10", "Transfer-Encoding: chunked"])
async def test_half_a_body_is_answered_408_as_a_problem(length: str) -> None:
    connections = roomy(ReadTimeouts(body_seconds=0.0))
    async with edge_before(echo, connections) as edge, await edge.dial() as connection:
        connection.send("POST / HTTP/1.1", length)
        connection.writer.write(b"1\r\nx\r\n" if "chunked" in length else b"half")
        said = await edge.closes(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in said
    assert b"\r\nDate: " in said


def test_long_body_may_take_as_long_as_a_slow_line_takes_for_it() -> None:
    timeouts = ReadTimeouts(body_seconds=30.0, least_bytes_per_second=20_000.0)
    assert (timeouts.for_body(None), timeouts.for_body(0), timeouts.for_body(10_000_000)) == (30.0, 30.0, 530.0)


async def test_half_of_a_long_body_is_waited_for() -> None:
    began = asyncio.Event()

    async def read_all(request: web.Request) -> web.Response:
        began.set()
        return await echo(request)

    connections = roomy(ReadTimeouts(body_seconds=0.0, least_bytes_per_second=0.001))
    async with edge_before(read_all, connections) as edge, await edge.dial() as connection:
        connection.send("POST / HTTP/1.1", "Content-Length: 4")
        connection.writer.write(b"ha")
        await began.wait()
        await connections.check()
        connection.writer.write(b"lf")
        assert (await connection.reply()).body == b"half"


async def test_a_request_that_takes_us_long_is_answered() -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        body = await request.read()
        asked.set()
        await may_answer.wait()
        return web.Response(body=body)

    connections = roomy(PATIENT)
    async with edge_before(slow, connections) as edge, await edge.dial() as connection:
        connection.send("POST / HTTP/1.1", "Content-Length: 4")
        connection.writer.write(b"body")
        await asked.wait()
        connections.timeouts = NO_TIME
        await connections.check()
        may_answer.set()
        assert (await connection.reply()).body == b"body"


async def test_an_idle_connection_is_kept() -> None:
    async with edge_before(echo, roomy(PATIENT)) as edge, await edge.dial() as connection:
        await connection.ask("GET / HTTP/1.1")
        edge.connections.timeouts = NO_TIME
        await edge.connections.check()
        edge.connections.timeouts = PATIENT
        assert (await connection.ask("GET / HTTP/1.1")).status == 200


async def test_a_slow_reader_isnt_blamed_for_what_it_asks_next() -> None:
    async def big(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 20_000_000)

    async with edge_before(big, roomy(PATIENT)) as edge, await edge.dial() as connection:
        connection.send("GET / HTTP/1.1")
        await connection.reader.readuntil(b"\r\n\r\n")
        edge.connections.timeouts = NO_TIME
        connection.writer.write(b"GET / HTTP/1.1\r\nHost: sokbo.example\r\n\r\n")
        await edge.connections.check()
        assert len(await connection.reader.readexactly(20_000_000)) == 20_000_000
        assert (await connection.reply()).status == 200


async def test_connections_beyond_the_limit_are_closed_until_one_leaves() -> None:
    connections = Connections(per_address=2, total=100)
    async with edge_before(echo, connections) as edge:
        first, second = await edge.dial(), await edge.dial()
        for connection in (first, second):
            assert (await connection.ask("GET / HTTP/1.1")).status == 200
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await edge.ask("GET / HTTP/1.1")
        assert connections.refused == 1
        assert (await second.ask("GET / HTTP/1.1")).status == 200
        first.writer.write_eof()
        assert await first.is_closed_by_server()
        first.writer.close()
        assert (await edge.ask("GET / HTTP/1.1")).status == 200
        second.writer.close()
