"""What browsers get where no document is: a page that says so, the list of sites, and the files they ask any host for."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from tests.integration.service.edge.running import Edge, whole_service

HTML = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with whole_service(tmp_path) as running:
        yield running


async def test_browser_is_shown_a_page_where_a_site_has_nothing(edge: Edge) -> None:
    reply = await edge.ask("GET /news/none HTTP/1.1", HTML, "Accept-Language: en")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert reply.headers["cache-control"] == "no-store"
    page = reply.body.decode()
    assert '<html lang="ko">' in page  # the site's
    assert '<a href="http://127.0.0.1/news/">News 최신 기사 보기</a>' in page
    assert '<p class="site"><a href="http://127.0.0.1/news/">News</a></p>' in page
    assert '<a href="http://127.0.0.1/news/feed.atom">Atom</a>' in page
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert b64encode(sha256(style.encode()).digest()).decode() in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "페이지를 찾을 수 없습니다"), ("en", "There is nothing here"), ("fr", "There is")]
)
@pytest.mark.parametrize("path", ["/nosite", "/nosite/1", "/docs", "/%2e%2e"])
async def test_page_speaks_the_readers_language_where_there_is_no_site(edge: Edge, path: str, language: str, said: str) -> None:
    reply = await edge.ask(f"GET {path} HTTP/1.1", HTML, f"Accept-Language: {language}")
    assert reply.status == 404
    assert f"<h1>{said}" in reply.body.decode()


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/news/none", 404)])
async def test_page_names_the_feeds_to_feed_readers(edge: Edge, path: str, status: int) -> None:
    reply = await edge.ask(f"GET {path} HTTP/1.1", HTML)
    assert reply.status == status
    assert re.findall('<link rel="alternate" type="(.*?)" title="(.*?)" href="(.*?)">', reply.body.decode()) == [
        ("application/rss+xml", "News (RSS)", "http://127.0.0.1/news/feed.rss"),
        ("application/atom+xml", "News (Atom)", "http://127.0.0.1/news/feed.atom"),
        ("application/feed+json", "News (JSON Feed)", "http://127.0.0.1/news/feed.json"),
    ]


@pytest.mark.parametrize(
    ("path", "accept"), [("/news/none", "*/*"), ("/nosite", "application/json, text/html;q=0.5"), ("/v1/none", "text/html")]
)
async def test_programs_are_told_in_json(edge: Edge, path: str, accept: str) -> None:
    reply = await edge.ask(f"GET {path} HTTP/1.1", f"Accept: {accept}")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


async def test_front_lists_the_sites_with_their_feeds(edge: Edge) -> None:
    page = await edge.ask("GET / HTTP/1.1", HTML)
    assert page.status == 200
    assert b'<a href="http://127.0.0.1/news/">News</a>' in page.body
    assert b'<a href="http://127.0.0.1/news/feed.atom">Atom</a>' in page.body
    [item] = orjson.loads((await edge.ask("GET / HTTP/1.1")).body)["items"]
    assert (item["title"], item["url"]) == ("News", "http://127.0.0.1/news/")
    assert item["feeds"]["rss"] == "http://127.0.0.1/news/feed.rss"
    assert (await edge.ask("POST / HTTP/1.1")).status == 405


@pytest.mark.parametrize("target", ["http://sokbo.example", "http://sokbo.example?a=b"])
async def test_target_without_a_path_is_the_front(edge: Edge, target: str) -> None:
    assert (await edge.ask(f"GET {target} HTTP/1.1")).body == (await edge.ask("GET / HTTP/1.1")).body
    assert (await edge.ask(f"POST {target} HTTP/1.1", "Expect: 100-continue")).status == 405


async def test_robots_are_let_in_and_browsers_have_an_icon(edge: Edge) -> None:
    robots, icon = await edge.ask("GET /robots.txt HTTP/1.1"), await edge.ask("GET /favicon.ico HTTP/1.1")
    assert (robots.status, robots.body) == (200, b"User-agent: *\nAllow: /\n")
    assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "max-age" in icon.headers["cache-control"]


@pytest.mark.parametrize(("target", "host"), [("/robots.txt", "127.0.0.1"), ("http://127.0.0.1/robots.txt", "sokbo.example")])
async def test_robots_are_led_to_the_sitemaps_of_the_hosts_sites(edge: Edge, target: str, host: str) -> None:
    robots = await edge.ask(f"GET {target} HTTP/1.1", f"Host: {host}")
    assert re.findall(r"^Sitemap: (.+)$", robots.body.decode(), re.MULTILINE) == [
        "http://127.0.0.1/news/sitemap.xml",
        "http://127.0.0.1/news/news-sitemap.xml",
    ]
