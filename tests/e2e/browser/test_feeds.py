"""The page of feeds with its script, and feeds that somebody opens, in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from service.site_files import STYLESHEET
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING
from tests.publisher import Publisher
from tests.unit.workers.pages.samples import KOREAN_SITE
from workers.pages.renderer import PageRenderer
from workers.pages.stylesheet import copy_script, page_headers

SITE_URL = "https://wave.example"
GOLDEN = Path(__file__).parents[2] / "unit" / "workers" / "feeds" / "golden"
#: What they are sent as: a browser that offered them for download would show nothing.
TYPES = {"feed.rss": "application/rss+xml; charset=utf-8", "feed.atom": "application/atom+xml; charset=utf-8"}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    yield opened
    opened.close()


def serve(route: Route) -> None:
    name = urlsplit(route.request.url).path.removeprefix("/")
    if name == "feeds":
        shell = PageRenderer().feeds(KOREAN_SITE, [SITE_LISTING, BREAKING_LISTING])
        headers = {"content-type": "text/html; charset=utf-8", **page_headers(copy_script())}
        route.fulfill(body=b"".join(shell.head_parts) + shell.closing, headers=headers)
    elif name == "feed.css":
        route.fulfill(body=STYLESHEET.read_bytes(), content_type="text/css; charset=utf-8")
    else:
        route.fulfill(body=(GOLDEN / name).read_bytes(), content_type=TYPES[name])


def opened(context: BrowserContext, path: str, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.route("**/*", serve)
    page.goto(f"{SITE_URL}/{path}")
    return page


def test_one_click_copies_an_address_and_says_so(context: BrowserContext) -> None:
    complaints: list[str] = []
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=SITE_URL)
    page = opened(context, "feeds", complaints)

    button = page.get_by_role("button", name="복사").nth(1)
    button.click()

    page.get_by_role("button", name="복사됨").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{KOREAN_SITE.url('breaking.rss')}"
    assert complaints == []


def test_click_copies_also_where_the_clipboard_is_refused(context: BrowserContext) -> None:
    complaints: list[str] = []
    page = opened(context, "feeds", complaints)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")

    page.get_by_role("button", name="복사").first.click()

    page.get_by_role("button", name="복사됨").wait_for()
    assert page.evaluate("getSelection().toString()") == KOREAN_SITE.url("feed.rss")


@pytest.mark.parametrize("name", TYPES)
def test_feed_opened_in_a_browser_is_readable(context: BrowserContext, name: str) -> None:
    complaints: list[str] = []
    page = opened(context, name, complaints)

    shown = page.evaluate("document.documentElement.innerText ?? getSelection().selectAllChildren(document.documentElement)")
    shown = shown or page.evaluate("getSelection().toString()")
    assert "통영 앞바다 여객선 운항 재개" in shown
    assert "풍랑주의보가 풀리면서" in shown
    assert "<p>" not in shown
    assert complaints == []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", TYPES)
def test_feed_of_a_running_service_is_shown_by_its_stylesheet(context: BrowserContext, publisher: Publisher, name: str) -> None:
    """Chromium shows feeds that come over the network as raw text; what a test puts into their place it doesn't."""
    publisher.post("열린 피드")
    url = f"{publisher.url}/{publisher.site.name}/{name}"
    publisher.await_text(name, "열린 피드")
    page = context.new_page()

    answer = page.goto(url)

    assert answer is not None
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert page.evaluate("document.documentElement.localName") == name.removeprefix("feed.").replace("atom", "feed")
    assert page.evaluate("getComputedStyle(document.querySelector('item, entry')).display") == "block"
    assert publisher.read(name).headers["content-type"] == TYPES[name]
    assert "sec-fetch-dest" in publisher.read(name).headers["vary"].lower()
