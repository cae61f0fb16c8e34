"""What readers get over HTTP: the rules hold whether aiohttp answers or the answer is recalled, so most ask twice."""

import asyncio
import gzip
import re
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import brotli
import pytest
import pytest_asyncio
import zstandard
from yarl import URL

from service.negotiation import Coding
from service.prepared import Loaded
from service.site_files import STYLESHEET
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from sokbo.domain.site import Site
from tests.clock import START
from tests.integration.service.reading.serving import Reply, Serving, serve
from tests.unit.service.reading.source import SITE, MemorySource
from workers.feeds import FORMATS
from workers.listing_documents import feed_document
from workers.pages.renderer import PageShell
from workers.rendering import page_document

DATE = "Sun, 01 Mar 2026 09:30:15 GMT"
KOREAN = "category/정치"


@pytest_asyncio.fixture
async def serving() -> AsyncIterator[Serving]:
    source = MemorySource()
    source.put("feed.atom", b"<feed>", entries=[b"one", b"two"], headers={"Link": '<https://sokbo.example/hub>; rel="hub"'})
    source.put("", b"index")
    source.put("7", b"article", canonical_path="7/속보-제목")
    source.put("8", b"withdrawn", status=410, canonical_path="8/gone")
    source.put(KOREAN, b"politics")
    async with serve(source) as running:
        yield running


async def twice(serving: Serving, *lines: str) -> Reply:
    """The reply to a request that is sent twice on one connection; the second must be the same, and recalled."""
    async with await serving.dial() as connection:
        first = await connection.ask(*lines)
        recalled = serving.responses.recalled
        second = await connection.ask(*lines)
    first.headers.pop("date")
    second.headers.pop("date")
    assert first == second
    assert serving.responses.recalled == recalled + 1
    return first


async def test_a_document_comes_with_all_its_headers(serving: Serving) -> None:
    reply = await twice(serving, "GET /news/feed.atom HTTP/1.1")
    assert (reply.status, reply.body) == (200, b"<feed>one,two</end>")
    assert reply.headers == {
        "content-type": "text/html; charset=utf-8",
        "content-length": "19",
        "etag": '"v1"',
        "last-modified": DATE,
        "vary": "Accept-Encoding",
        "cache-control": "public, max-age=1, stale-while-revalidate=3",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, Link",
        "x-content-type-options": "nosniff",
        "link": '<https://sokbo.example/hub>; rel="hub"',
    }


NEWS = Site(SITE, "news", "News", "https://news.example", START)


def topic(path: str) -> str:
    return f'<https://news.example/{path}>; rel="self", <https://news.example/hub>; rel="hub"'


async def links(serving: Serving, path: str) -> set[str | None]:
    """What the answers to GET and HEAD, and a 304, say of the document in their Link header."""
    held = (f"GET /news/{path} HTTP/1.1", "If-None-Match: *")
    replies = [await twice(serving, *sent) for sent in ((f"GET /news/{path} HTTP/1.1",), (f"HEAD /news/{path} HTTP/1.1",), held)]
    return {reply.headers.get("link") for reply in replies}


@pytest.mark.parametrize(
    ("path", "listing"), [("feed", SITE_LISTING), (KOREAN, Listing(ListingKind.CATEGORY, "정치"))], ids=["site", "category"]
)
async def test_feed_is_sent_with_its_own_address_and_the_hubs(serving: Serving, path: str, listing: Listing) -> None:
    for form in FORMATS.values():
        shell = form.shell(NEWS, listing, START)
        made = feed_document(NEWS, listing.feed_path(form.suffix), form, shell, [], START)
        serving.source.documents[SITE, made.path] = Loaded(made, ())
        address = f"{quote(path)}.{form.suffix}"
        assert (await serving.ask(f"GET /news/{address} HTTP/1.1")).body == shell.head + shell.tail
        assert await links(serving, address) == {topic(address)}


async def test_page_is_sent_with_its_canonical_address_and_the_hubs(serving: Serving) -> None:
    shell = PageShell((b"<p>",), b"</p>")
    for made in (
        page_document(NEWS, "", shell, START),
        page_document(NEWS, "9", shell, START, canonical_path="9/속보"),
        page_document(NEWS, "10", shell, START, canonical_path="10/철회", status=410),
    ):
        serving.source.documents[SITE, made.path] = Loaded(made, ())
    assert await links(serving, "") == {topic("")}
    assert await links(serving, f"9/{quote('속보')}") == {topic(f"9/{quote('속보')}")}
    assert await links(serving, f"10/{quote('철회')}") == {None}


LONG = "속보 ".encode() * 1000


@pytest.mark.parametrize(
    ("accepted", "coding", "tag"), [("gzip, br", "br", '"v6-br"'), ("zstd;q=0.9, gzip;q=0.5", "zstd", '"v6-zst"')]
)
async def test_what_stays_is_compressed_further_after_it_was_asked_for(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, accepted: str, coding: str, tag: str
) -> None:
    monkeypatch.setattr("service.recompressing.SETTLED_SECONDS", 0.0)
    serving.source.put("long.rss", LONG)
    request = ("GET /news/long.rss HTTP/1.1", f"Accept-Encoding: {accepted}")
    first = await serving.ask(*request)
    assert first.headers["content-encoding"] == "gzip"
    async with asyncio.timeout(5):
        while (reply := await serving.ask(*request)).headers["content-encoding"] == "gzip":  # noqa: ASYNC110  # as readers do
            await asyncio.sleep(0)
    assert (reply.headers["content-encoding"], reply.headers["etag"], reply.headers["vary"]) == (coding, tag, "Accept-Encoding")
    unpack = brotli.decompress if coding == "br" else zstandard.ZstdDecompressor().decompress
    assert unpack(reply.body) == LONG + b"</end>"
    assert len(reply.body) < len(first.body)
    for held in (tag, first.headers["etag"]):  # whoever has it already in either coding is told so
        assert (await serving.ask(*request, f"If-None-Match: {held}")).status == 304


async def test_gzip_of_pieces_is_followed_by_that_of_the_whole(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.recompressing.SETTLED_SECONDS", 0.0)
    entries = [f"{number} {'속보 ' * 40}".encode() for number in range(50)]
    serving.source.put("alike.rss", b"<feed>", entries=entries)
    request = ("GET /news/alike.rss HTTP/1.1", "Accept-Encoding: gzip")
    first = await serving.ask(*request)
    async with asyncio.timeout(5):
        while (reply := await serving.ask(*request)).headers["etag"] == first.headers["etag"]:  # noqa: ASYNC110  # as readers do
            await asyncio.sleep(0)
    assert reply.headers["content-encoding"] == first.headers["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body) == gzip.decompress(first.body)
    assert len(reply.body) < len(first.body) / 4
    for held in (first.headers["etag"], reply.headers["etag"]):
        fresh = await twice(serving, *request, f"If-None-Match: {held}")
        assert (fresh.status, fresh.headers["etag"]) == (304, held)


async def test_what_is_new_or_small_is_left_to_gzip(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    serving.source.put("long.rss", LONG)
    await twice(serving, "GET /news/long.rss HTTP/1.1", "Accept-Encoding: br")
    new = await serving.cache.get(SITE, "long.rss")
    monkeypatch.setattr("service.recompressing.SETTLED_SECONDS", 0.0)
    await twice(serving, "GET /news/feed.atom HTTP/1.1", "Accept-Encoding: br")
    small = await serving.cache.get(SITE, "feed.atom")
    for prepared in (new, small):
        assert prepared is not None
        assert set(prepared.representations) == {Coding.IDENTITY, Coding.GZIP}


async def test_gzip_is_a_representation_of_its_own(serving: Serving) -> None:
    reply = await twice(serving, "GET /news/feed.atom HTTP/1.1", "Accept-Encoding: br;q=1, gzip;q=0.5")
    assert (reply.headers["content-encoding"], reply.headers["etag"]) == ("gzip", '"v1-gz"')
    assert gzip.decompress(reply.body) == b"<feed>one,two</end>"


@pytest.mark.parametrize("condition", ['If-None-Match: "v0", W/"v1"', "If-None-Match: *", f"If-Modified-Since: {DATE}"])
async def test_a_reader_who_has_it_gets_304_without_a_body(serving: Serving, condition: str) -> None:
    reply = await twice(serving, "GET /news/feed.atom HTTP/1.1", condition)
    assert reply.status == 304
    assert reply.headers["etag"] == '"v1"'
    assert {"vary", "cache-control", "last-modified"} < reply.headers.keys()
    assert reply.headers.keys().isdisjoint({"content-length", "content-type", "content-encoding"})


async def test_the_etag_of_one_coding_is_none_of_the_other(serving: Serving) -> None:
    reply = await twice(serving, "GET /news/feed.atom HTTP/1.1", "Accept-Encoding: gzip", 'If-None-Match: "v1"')
    assert reply.status == 200


async def test_an_expected_document_that_is_another_is_refused(serving: Serving) -> None:
    assert (await serving.ask("GET /news/feed.atom HTTP/1.1", 'If-Match: "v0"')).status == 412


async def test_time_that_is_still_to_come_is_neither_told_nor_compared(serving: Serving) -> None:
    until = datetime.now(UTC) + timedelta(hours=3)
    serving.source.put("later.atom", b"<feed>", modified=until)
    later = format_datetime(until + timedelta(hours=1), usegmt=True)
    for condition in (f"If-Modified-Since: {later}", "If-Unmodified-Since: Thu, 01 Jan 2026 00:00:00 GMT"):
        reply = await serving.ask("GET /news/later.atom HTTP/1.1", condition)
        assert (reply.status, "last-modified" in reply.headers) == (200, False)
    held = reply.headers["etag"]
    not_modified = await serving.ask("GET /news/later.atom HTTP/1.1", f"If-None-Match: {held}")
    assert (not_modified.status, "last-modified" in not_modified.headers) == (304, False)


async def test_time_is_told_once_it_has_come(serving: Serving) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)  # more than one from now
    serving.source.put("soon.atom", b"<feed>", modified=until)
    assert "last-modified" not in (await serving.ask("GET /news/soon.atom HTTP/1.1")).headers
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds() + 0.01)
    reply = await serving.ask("GET /news/soon.atom HTTP/1.1")
    assert reply.headers["last-modified"] == format_datetime(until, usegmt=True)


async def test_a_feed_as_xml_has_a_tag_of_its_own(serving: Serving) -> None:
    form = FORMATS[FragmentFormat.ATOM]
    made = feed_document(NEWS, "own.atom", form, form.shell(NEWS, SITE_LISTING, START), [], START)
    serving.source.documents[SITE, made.path] = Loaded(made, ())
    opened = "Sec-Fetch-Dest: document"
    tags = [(await twice(serving, "GET /news/own.atom HTTP/1.1", *more)).headers["etag"] for more in ((), (opened,))]
    assert len({*tags}) == 2
    for held, more, status in ((tags[0], (), 304), (tags[0], (opened,), 200), (tags[1], (), 200), (tags[1], (opened,), 304)):
        reply = await twice(serving, "GET /news/own.atom HTTP/1.1", f"If-None-Match: {held}", *more)
        assert reply.status == status
        assert reply.headers["etag"] == (tags[1] if more else tags[0])


async def test_range_is_ignored(serving: Serving) -> None:
    reply = await twice(serving, "GET /news/feed.atom HTTP/1.1", "Range: bytes=0-3")
    assert (reply.status, reply.body) == (200, b"<feed>one,two</end>")


async def test_head_tells_the_same_and_leaves_the_connection_in_step(serving: Serving) -> None:
    await twice(serving, "HEAD /news/feed.atom HTTP/1.1")
    async with await serving.dial() as connection:
        for _ in range(3):
            head = await connection.ask("HEAD /news/feed.atom HTTP/1.1")
            whole = await connection.ask("GET /news/feed.atom HTTP/1.1")
            assert (head.headers["content-length"], head.body) == ("19", b"")
            assert whole.body == b"<feed>one,two</end>"


async def test_other_methods_are_told_what_is_allowed(serving: Serving) -> None:
    for method in ("POST", "PUT", "DELETE"):
        reply = await serving.ask(f"{method} /news/feed.atom HTTP/1.1")
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (await serving.ask("POST /news/nothing HTTP/1.1")).status == 404


async def test_a_page_of_another_origin_may_ask_with_conditions(serving: Serving) -> None:
    asked = ("Origin: https://reader.example", "Access-Control-Request-Method: GET")
    async with await serving.dial() as connection:
        reply = await connection.ask("OPTIONS /news/feed.atom HTTP/1.1", *asked, "Access-Control-Request-Headers: if-none-match")
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["access-control-allow-methods"] == "GET, HEAD"
        assert reply.headers["access-control-allow-headers"] == "*"
        assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
        assert (await connection.ask("GET /news/feed.atom HTTP/1.1", *asked[:1])).status == 200
    assert serving.source.loads == ["feed.atom"]


async def test_an_old_client_gets_the_connection_that_it_asked_for(serving: Serving) -> None:
    async with await serving.dial() as connection:
        reply = await connection.ask("GET /news/feed.atom HTTP/1.0")
        assert reply.body == b"<feed>one,two</end>"
        assert "connection" not in reply.headers
        assert await connection.is_closed_by_server()
    async with await serving.dial() as connection:
        for _ in range(2):
            reply = await connection.ask("GET /news/feed.atom HTTP/1.0", "Connection: keep-alive")
            assert reply.headers["connection"] == "keep-alive"


async def test_close_is_honoured_and_said(serving: Serving) -> None:
    async with await serving.dial() as connection:
        await connection.ask("GET /news/feed.atom HTTP/1.1")
        await connection.ask("GET /news/feed.atom HTTP/1.1")
        reply = await connection.ask("GET /news/feed.atom HTTP/1.1", "Connection: close")
        assert reply.headers["connection"] == "close"
        assert await connection.is_closed_by_server()


async def test_requests_sent_ahead_are_answered_in_order(serving: Serving) -> None:
    for _ in range(2):
        async with await serving.dial() as connection:
            await connection.ask("GET /news/feed.atom HTTP/1.1")
            for _ in range(3):
                connection.send("GET /news/feed.atom HTTP/1.1")
                connection.send("GET /news/ HTTP/1.1")
                connection.send("GET /news/nothing HTTP/1.1")
            replies = [await connection.reply() for _ in range(9)]
            assert [reply.status for reply in replies] == [200, 200, 404] * 3
            assert [reply.body for reply in replies[:2]] == [b"<feed>one,two</end>", b"index</end>"]


async def test_a_body_that_poses_as_a_request_is_not_answered(serving: Serving) -> None:
    hidden = "GET /news/feed.atom HTTP/1.1\r\nHost: sokbo.example\r\n\r\n"
    await twice(serving, "GET /news/feed.atom HTTP/1.1")
    async with await serving.dial() as connection:
        reply = await connection.ask("GET /news/ HTTP/1.1", f"Content-Length: {len(hidden)}")
        assert reply.body == b"index</end>"
        connection.writer.write(hidden.encode())
        assert (await connection.ask("GET /news/ HTTP/1.1", "Connection: close")).body == b"index</end>"
        assert await connection.is_closed_by_server()


async def test_a_request_in_fragments_is_answered_once(serving: Serving) -> None:
    async with await serving.dial() as connection:
        await connection.ask("GET /news/ HTTP/1.1")
        for part in (b"GET /news/feed.atom HT", b"TP/1.1\r\nHost: sokbo.example\r\n", b"\r\n"):
            connection.writer.write(part)
            await connection.writer.drain()
            await asyncio.sleep(0)
        assert (await connection.reply()).body == b"<feed>one,two</end>"


def followed(path: str, reply: Reply) -> str:
    """Where a redirect of the path leads to."""
    asked = URL(f"https://sokbo.example{path}", encoded=True)
    return asked.join(URL(reply.headers["location"], encoded=True)).raw_path_qs


async def test_an_article_has_one_address(serving: Serving) -> None:
    home = f"/news/7/{quote('속보-제목')}"
    assert (await twice(serving, f"GET {home} HTTP/1.1")).body == b"article</end>"
    for path in ("/news/7", "/news/7/", "/news/7/old-title", f"{home}/", "/news/7/a/b"):
        reply = await serving.ask(f"GET {path} HTTP/1.1")
        assert (reply.status, followed(path, reply)) == (301, home)
    reply = await serving.ask("HEAD /7?utm=feed HTTP/1.1", "Host: news.example")
    assert followed("/7?utm=feed", reply) == f"/7/{quote('속보-제목')}?utm=feed"


async def test_redirects_stay_below_where_a_proxy_has_put_the_service(serving: Serving) -> None:
    for path, home in (("/news", "/news/"), ("/news/7/old/", f"/news/7/{quote('속보-제목')}")):
        reply = await serving.ask(f"GET {path} HTTP/1.1")
        assert followed(f"/press{path}", reply) == f"/press{home}"


async def test_a_withdrawn_article_is_gone_under_every_title(serving: Serving) -> None:
    for path in ("/news/8", "/news/8/gone", "/news/8/old"):
        reply = await twice(serving, f"GET {path} HTTP/1.1", "If-None-Match: *")
        assert (reply.status, reply.body) == (410, b"withdrawn</end>")


async def test_the_index_has_one_address(serving: Serving) -> None:
    assert (await twice(serving, "GET /news/ HTTP/1.1")).body == b"index</end>"
    for method, path, host, home in (
        ("GET", "/news", "sokbo.example", "/news/"),
        ("HEAD", "/news?utm=feed", "sokbo.example", "/news/?utm=feed"),
        ("GET", "/news//", "sokbo.example", "/news/"),
        ("GET", "//", "news.example", "/"),
    ):
        reply = await serving.ask(f"{method} {path} HTTP/1.1", f"Host: {host}")
        assert (reply.status, followed(path, reply)) == (301, home)
    assert (await serving.ask("POST /news HTTP/1.1")).status == 405


@pytest.mark.parametrize("host", ["news.example", "NEWS.example:443", "news.example:80"])
async def test_a_site_with_a_host_of_its_own_needs_no_prefix(serving: Serving, host: str) -> None:
    reply = await twice(serving, "GET /feed.atom HTTP/1.1", f"Host: {host}")
    assert reply.body == b"<feed>one,two</end>"
    assert (await serving.ask("GET /news/feed.atom HTTP/1.1", f"Host: {host}")).status == 404


@pytest.mark.parametrize(
    "target", ["http://news.example", "https://NEWS.example:443", "http://news.example:80", "http://someone@news.example"]
)
async def test_a_host_in_the_target_goes_before_the_header(serving: Serving, target: str) -> None:
    reply = await twice(serving, f"GET {target}/feed.atom HTTP/1.1", "Host: 127.0.0.1:8080")
    assert reply.body == b"<feed>one,two</end>"
    assert (await serving.ask(f"GET {target}/news/feed.atom HTTP/1.1", "Host: 127.0.0.1:8080")).status == 404
    assert (await serving.ask("GET http://127.0.0.1:8080/feed.atom HTTP/1.1", "Host: news.example")).status == 404


async def test_a_host_that_is_shared_needs_the_prefix(serving: Serving) -> None:
    assert (await serving.ask("GET /feed.atom HTTP/1.1", "Host: 127.0.0.1:8080")).status == 404
    assert (await serving.ask("GET /news/feed.atom HTTP/1.1", "Host: 127.0.0.1:8080")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        quote(KOREAN),
        "category/%EC%A0%95%EC%B9%98",
        "category/" + quote(unicodedata.normalize("NFD", "정치")),
        "%63ategory/" + quote("정치"),
    ],
)
async def test_hangul_in_a_path_is_understood_in_every_spelling(serving: Serving, path: str) -> None:
    assert (await twice(serving, f"GET /news/{path} HTTP/1.1")).body == b"politics</end>"


async def test_a_trailing_slash_leads_to_the_page_without(serving: Serving) -> None:
    reply = await serving.ask(f"GET /news/{quote(KOREAN)}/ HTTP/1.1")
    assert (reply.status, followed(f"/news/{quote(KOREAN)}/", reply)) == (301, f"/news/{quote(KOREAN)}")
    assert (await serving.ask("GET /news/category/none/ HTTP/1.1")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/news/../news/feed.atom",
        "/news/%2e%2e/news/feed.atom",
        "/news/./feed.atom",
        "/news%2Ffeed.atom",
        "/news/feed.atom%00",
        "/news/feed.atom%0d%0aSet-Cookie:a",
        "/news/%FF",
        "/news/..%5cfeed.atom",
        "/news/" + "a" * 3000,
        "/other/feed.atom",
        "/v1/feed.atom",
    ],
)
async def test_paths_that_no_document_has_are_not_found(serving: Serving, path: str) -> None:
    assert (await serving.ask(f"GET {path} HTTP/1.1")).status == 404


@pytest.mark.parametrize("ending", ["/", "//"])
async def test_where_a_private_feed_is_stored_nothing_is_found_with_a_slash(serving: Serving, ending: str) -> None:
    serving.source.put("selection/secret/private.rss", b"secret")
    async with await serving.dial() as connection:
        reply = await connection.ask(f"GET /news/selection/secret/private.rss{ending} HTTP/1.1")
    assert reply.status == 404
    assert serving.source.loads == []


async def test_a_change_is_seen_by_the_next_request_of_a_connection(serving: Serving) -> None:
    async with await serving.dial() as connection:
        for number in range(5):
            serving.source.put("feed.atom", b"new %d " % number)
            await serving.cache.refresh(SITE, ["feed.atom"])
            for _ in range(3):
                assert (await connection.ask("GET /news/feed.atom HTTP/1.1")).body == b"new %d </end>" % number


async def test_a_feed_is_never_torn_while_it_changes(serving: Serving) -> None:
    done = asyncio.Event()

    async def hammer() -> set[bytes]:
        seen = set()
        async with await serving.dial() as connection:
            while not done.is_set():
                reply = await connection.ask("GET /news/feed.atom HTTP/1.1", "Accept-Encoding: gzip")
                words = set(re.split(rb"[ ,]+", gzip.decompress(reply.body).removesuffix(b" </end>")))
                assert {f'"{word.decode()}-gz"' for word in words} == {reply.headers["etag"]}
                seen |= words
        return seen

    async def publish() -> None:
        word = b"v%d " % (serving.source.version + 1)
        serving.source.put("feed.atom", word, entries=[word * 1_000] * 3)
        await serving.cache.refresh(SITE, ["feed.atom"])

    await publish()
    readers = [asyncio.create_task(hammer()) for _ in range(8)]
    for _ in range(30):
        await publish()
        await serving.ask("GET /news/ HTTP/1.1")
    done.set()
    assert all(len(seen) > 5 for seen in await asyncio.gather(*readers))


async def test_a_slow_reader_is_waited_for_and_gets_everything(serving: Serving) -> None:
    serving.source.put("big", b"x" * 3_000_000)
    async with await serving.dial() as connection:
        await connection.ask("GET /news/big HTTP/1.1")
        held = serving.responses.recalled
        for _ in range(30):
            connection.send("GET /news/big HTTP/1.1")
        await serving.ask("GET /news/ HTTP/1.1")
        assert serving.responses.recalled - held < 10
        for _ in range(30):
            assert len((await connection.reply()).body) == 3_000_006


async def test_a_reader_who_hangs_up_harms_nobody(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    serving.source.put("big", b"x" * 3_000_000)
    for recalled in (False, True):
        connection = await serving.dial()
        if recalled:
            await connection.ask("GET /news/big HTTP/1.1")
        connection.send("GET /news/big HTTP/1.1")
        await connection.reader.read(1000)
        connection.close_abruptly()
        assert (await serving.ask("GET /news/ HTTP/1.1")).status == 200
    assert not caplog.records


async def test_a_connection_that_only_recalls_still_reaches_aiohttp_now_and_then(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.response_cache_protocol.RENEWAL_SECONDS", 0.0)
    async with await serving.dial() as connection:
        for _ in range(3):
            await connection.ask("GET /news/feed.atom HTTP/1.1")
    assert serving.responses.recalled == 0


async def test_feeds_stylesheet_is_below_each_site_and_kept_for_a_day(serving: Serving) -> None:
    sent = await serving.ask("GET /news/feed.css HTTP/1.1")

    assert (sent.status, sent.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert sent.headers["cache-control"] == "public, max-age=86400"
    assert sent.body == STYLESHEET.read_bytes()
    assert (await serving.ask("GET /feed.css HTTP/1.1", "Host: news.example")).body == sent.body
    assert (await serving.ask("HEAD /news/feed.css HTTP/1.1")).status == 200
    assert (await serving.ask("GET /news/feed.css HTTP/1.1", f"If-None-Match: {sent.headers['etag']}")).status == 304
    assert (await serving.ask("POST /news/feed.css HTTP/1.1", "Content-Length: 0")).status == 405
    assert (await serving.ask("GET /feed.css HTTP/1.1")).status == 404


async def test_sign_of_sites_without_a_logo_is_a_png(serving: Serving) -> None:
    sent = await serving.ask("GET /news/sign.png HTTP/1.1")

    assert (sent.status, sent.headers["content-type"]) == (200, "image/png")
    assert sent.body.startswith(b"\x89PNG")
    assert (await serving.ask("GET /news/sign.png HTTP/1.1", f"If-None-Match: {sent.headers['etag']}")).status == 304


@pytest.mark.parametrize("query", ["category=a&category=b", "tags=a", "limit=5"])
async def test_feed_takes_no_choice_by_query_and_a_page_lets_it_pass(serving: Serving, query: str) -> None:
    assert (await serving.ask(f"GET /news/feed.atom?{query} HTTP/1.1")).status == 400
    assert (await serving.ask(f"GET /news/?{query} HTTP/1.1")).status == 200
