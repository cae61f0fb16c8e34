import asyncio
import gzip
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from sokbo import __version__
from sokbo.domain.delivery import IN_FLIGHT_PER_HOST
from sokbo.net.client import GuardedClient, Reason, RemoteFailure
from tests.integration.net import remotes
from tests.integration.net.conftest import Handler, Serve
from tests.integration.net.remotes import Endless, Remote
from tests.waiting import PROMPT_SECONDS


async def failure(client: GuardedClient, url: str) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as caught:
        await client.post(url, b"{}", {})
    return caught.value


async def test_body_and_headers_arrive_as_given(client: GuardedClient, serve: Serve) -> None:
    remote = Remote()
    body = '{"title":"속보"}'.encode()
    answer = await client.post(await serve(remote), body, {"webhook-id": "dlv_1", "content-type": "application/json"})
    assert (answer.status, answer.excerpt) == (200, "ok")
    assert answer.duration_seconds > 0
    [(headers, received)] = remote.requests
    assert received == body
    assert headers[""] == "POST /hook HTTP/1.1"
    assert headers["webhook-id"] == "dlv_1"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == f"Sokbo/{__version__}"


@pytest.mark.parametrize("status", [204, 301, 302, 303, 307, 308, 400, 410, 429, 500, 503])
async def test_every_status_is_an_answer(client: GuardedClient, serve: Serve, status: int) -> None:
    answer = await client.post(
        await serve(Remote(b"HTTP/1.1 %d Status\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" % status)), b"", {}
    )
    assert answer.status == status
    assert answer.headers["retry-after"] == "7"


async def test_redirect_is_answered_not_followed(client: GuardedClient, serve: Serve) -> None:
    elsewhere = Remote()
    location = (await serve(elsewhere, host="127.0.0.3")).encode()
    remote = Remote(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location)
    assert (await client.post(await serve(remote), b"{}", {})).status == 307
    assert len(remote.requests) == 1
    assert elsewhere.requests == []


async def test_redirect_to_itself_is_asked_once(client: GuardedClient, serve: Serve) -> None:
    remote = Remote(b"HTTP/1.1 302 Found\r\nLocation: /hook\r\nContent-Length: 0\r\n\r\n")
    assert (await client.post(await serve(remote), b"{}", {})).status == 302
    assert len(remote.requests) == 1


async def test_cookies_are_not_kept(client: GuardedClient, serve: Serve) -> None:
    remote = Remote(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n")
    url = await serve(remote)
    for _ in range(2):
        await client.post(url, b"{}", {})
    assert all("cookie" not in headers for headers, _ in remote.requests)


async def test_proxy_of_the_environment_is_not_used(serve: Serve, client: GuardedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, remote = Remote(), Remote()
    monkeypatch.setenv("http_proxy", await serve(proxy, host="127.0.0.4"))
    assert (await client.post(await serve(remote), b"{}", {})).status == 200
    assert (len(proxy.requests), len(remote.requests)) == (0, 1)


@pytest.mark.parametrize("status", [200, 500])
async def test_endless_body_is_cut_and_judged_by_its_status(client: GuardedClient, serve: Serve, status: int) -> None:
    remote = Endless(status)
    assert (await client.post(await serve(remote), b"{}", {})).status == status
    assert remote.sent_bytes < 8 * 1024 * 1024  # what the kernel's buffers took


async def test_compressed_answer_is_not_inflated(client: GuardedClient, serve: Serve) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    remote = Remote(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(bomb), bomb))
    assert len((await client.post(await serve(remote), b"{}", {})).excerpt) <= 256
    assert remote.requests[0][0]["accept-encoding"] == "identity"


async def test_excerpt_is_printable_and_short(client: GuardedClient, serve: Serve) -> None:
    text = b"no\x00\x1b[31m\r\n\xff" + b"x" * 1000
    remote = Remote(b"HTTP/1.1 500 Status\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))
    excerpt = (await client.post(await serve(remote), b"{}", {})).excerpt
    assert excerpt.startswith("no  [31m  \N{REPLACEMENT CHARACTER}x")
    assert len(excerpt) <= 256


@pytest.mark.parametrize("handler", [remotes.hang, remotes.drip_head])
async def test_no_answer_in_time_is_a_timeout(hasty_client: GuardedClient, serve: Serve, handler: Handler) -> None:
    failed = await failure(hasty_client, await serve(handler))
    assert failed.reason is Reason.TIMEOUT
    assert 0.1 < failed.duration_seconds < 5


async def test_dripping_body_is_too_slow(hasty_client: GuardedClient, serve: Serve) -> None:
    assert (await failure(hasty_client, await serve(remotes.drip_body))).reason is Reason.TOO_SLOW


@pytest.mark.parametrize("handler", [remotes.reset, remotes.hang_up])
async def test_lost_connection_is_told(client: GuardedClient, serve: Serve, handler: Handler) -> None:
    assert (await failure(client, await serve(handler))).reason is Reason.DISCONNECTED


@pytest.mark.parametrize(
    "handler",
    [
        Remote(b"220 mail.example ESMTP\r\n"),
        Remote(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        remotes.endless_head,
    ],
)
async def test_answer_that_breaks_http_is_a_protocol_failure(client: GuardedClient, serve: Serve, handler: Handler) -> None:
    assert (await failure(client, await serve(handler))).reason is Reason.PROTOCOL


@pytest.mark.parametrize("flood", [remotes.flood_of_interim_responses, remotes.endless_chunk_extension, remotes.endless_trailers])
async def test_remote_that_sends_anything_but_a_body_without_end_delays_no_other(
    client: GuardedClient, serve: Serve, flood: Callable[[], remotes.Flood]
) -> None:
    hostile, sound = [flood() for _ in range(IN_FLIGHT_PER_HOST)], Remote()
    urls = [await serve(remote) for remote in hostile]
    healthy = await serve(sound, host="127.0.0.3")
    pushes = [asyncio.create_task(outcome(client, url)) for url in urls]
    for _ in range(10):
        answer = await client.post(healthy, b"{}", {})
        assert answer.duration_seconds < PROMPT_SECONDS  # the floods would go on for fifteen
    assert {await push for push in pushes} <= {Reason.PROTOCOL, 200}
    assert all(remote.sent_bytes < 8 * 1024 * 1024 for remote in hostile)


async def outcome(client: GuardedClient, url: str) -> object:
    try:
        return (await client.post(url, b"{}", {})).status
    except RemoteFailure as failed:
        return failed.reason


async def test_body_in_the_smallest_chunks_is_read(client: GuardedClient, serve: Serve) -> None:
    assert (await client.post(await serve(Remote(remotes.tiny_chunks(60_000))), b"{}", {})).excerpt == "x" * 256


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    ],
)
async def test_answer_whose_body_breaks_off_is_judged_by_its_status(client: GuardedClient, serve: Serve, reply: bytes) -> None:
    assert (await client.post(await serve(Remote(reply)), b"{}", {})).status == 200


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("?sp=%2Ftriggers%2Fm&u=http%3A%2F%2Fa&t=%7Ex%21&q=%27", "?sp=%2Ftriggers%2Fm&u=http%3A%2F%2Fa&t=%7Ex%21&q=%27"),
        ("/a%2Fb;c=%41?x=a+b%20c", "/a%2Fb;c=%41?x=a+b%20c"),
        ("?q=속보&x={1}", "?q=%EC%86%8D%EB%B3%B4&x=%7B1%7D"),
        ("?half=%4", "?half=%254"),
    ],
)
async def test_url_is_sent_as_it_is_written(client: GuardedClient, serve: Serve, written: str, sent: str) -> None:
    remote = Remote()
    await client.post(await serve(remote) + written, b"{}", {})
    [(headers, _)] = remote.requests
    assert headers[""] == f"POST /hook{sent} HTTP/1.1"


async def test_closed_port_is_refused(client: GuardedClient) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.2", 0))
        assert (await failure(client, f"http://127.0.0.2:{unheard.getsockname()[1]}/")).reason is Reason.REFUSED


async def test_name_that_does_not_resolve_is_told(client: GuardedClient) -> None:
    assert (await failure(client, "http://partner.invalid/")).reason is Reason.DNS


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.2/", "http://user:password@127.0.0.2/", "http://[fe80::1%25lo]/", "http://127.1/", "http://0x7f000001/"],
)
async def test_unusable_url_fails_without_a_request(client: GuardedClient, url: str) -> None:
    assert (await failure(client, url)).reason is Reason.INVALID_URL


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LocalHost", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0"],
)
async def test_closed_address_never_gets_a_connection(serve: Serve, host: str) -> None:
    arrivals: asyncio.Queue[object] = asyncio.Queue()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.put_nowait(writer.get_extra_info("peername"))

    port = urlsplit(await serve(note, host="127.0.0.1")).port
    async with GuardedClient() as client:
        assert (await failure(client, f"http://{host}:{port}/")).reason is Reason.BLOCKED_ADDRESS
    _, probe = await asyncio.open_connection("127.0.0.1", port)
    assert await arrivals.get() == probe.get_extra_info("sockname")  # the first to come is the test itself
    probe.close()
    await probe.wait_closed()


async def test_only_eight_requests_are_under_way_to_one_host(client: GuardedClient, serve: Serve) -> None:
    under_way, most, full, go_on = 0, 0, asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        await remotes.read_request(reader)
        under_way += 1
        most = max(most, under_way)
        if under_way == IN_FLIGHT_PER_HOST:
            full.set()
        await go_on.wait()
        under_way -= 1
        writer.write(remotes.OK)

    url = await serve(hold)
    posts = asyncio.gather(*(client.post(url, b"{}", {}) for _ in range(3 * IN_FLIGHT_PER_HOST)))
    await full.wait()
    go_on.set()
    assert {answer.status for answer in await posts} == {200}
    assert most == IN_FLIGHT_PER_HOST


async def test_hanging_host_delays_no_other(client: GuardedClient, serve: Serve) -> None:
    arrived = asyncio.Semaphore(0)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await remotes.read_request(reader)
        arrived.release()
        await asyncio.Event().wait()

    hanging, healthy = await serve(hang), await serve(Remote(), host="127.0.0.3")
    stuck = [asyncio.create_task(client.post(hanging, b"{}", {})) for _ in range(2 * IN_FLIGHT_PER_HOST)]
    try:
        for _ in range(IN_FLIGHT_PER_HOST):  # nor may one be amid being accepted when the loop is closed: uvloop minds
            await arrived.acquire()
        assert (await client.post(healthy, b"{}", {})).duration_seconds < 5
        assert not any(task.done() for task in stuck)
    finally:
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_real_server_gets_several_at_once(client: GuardedClient) -> None:
    async def receive(request: web.BaseRequest) -> web.Response:
        return web.Response(status=202, text=str(len(await request.read())))

    runner = web.ServerRunner(web.Server(receive))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.5", 0)
    await site.start()
    try:
        url = f"http://127.0.0.5:{runner.addresses[0][1]}/"
        answers = await asyncio.gather(*(client.post(url, b"x" * size, {}) for size in range(1, 21)))
    finally:
        await runner.cleanup()
    assert [(answer.status, answer.excerpt) for answer in answers] == [(202, str(size)) for size in range(1, 21)]
