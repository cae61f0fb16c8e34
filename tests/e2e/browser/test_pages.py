"""The pages in Chromium, sent with their real headers and with scripts switched off, as readers may have them."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize

from sokbo.domain.article import Article
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.domain.lead_image import lead_image
from sokbo.domain.picture import Picture, PictureState
from sokbo.domain.site import Site
from tests.unit.workers.pages.samples import ENGLISH_SITE, KOREAN_SITE, PLAIN, PUBLISHED, jekyll_article, rich_article
from workers.pages.renderer import PageRenderer, PageShell
from workers.pages.stylesheet import page_headers

SITE_URL = "https://wave.example"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="900"><rect width="1600" height="900" fill="teal"/></svg>'
#: WCAG 2.2, success criterion 1.4.3.
MIN_CONTRAST = 4.5

#: An element's first line, less the pixels at its edges that it shares with what is around it.
FIRST_LINE_JS = """(element) => {
  const { x, y, width, height } = element.getClientRects()[0];
  return { x: x + 2, y: y + 2, width: width - 4, height: height - 4 };
}"""

#: The highest contrast of any two colours in a picture, which for text on one colour is that of the two.
CONTRAST_JS = """async (png) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  let low = 1, high = 0;
  for (let at = 0; at < data.length; at += 4) {
    const light = 0.2126 * linear(data[at]) + 0.7152 * linear(data[at + 1]) + 0.0722 * linear(data[at + 2]);
    low = Math.min(low, light);
    high = Math.max(high, light);
  }
  return (high + 0.05) / (low + 0.05);
}"""

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Open = Callable[[str, Scheme, int], Page]


SIGNS = """<p>물은 <img src="/a.svg" alt="H₂O" width="40" height="20"> 이고
<img src="/missing.svg" alt="♥" width="18" height="18"> 좋다.</p>
<p>배가 <img src="/b.svg" alt="배" width="400" height="225"> 든다.</p>"""

#: In the first nothing is coloured but words.
TABLES = "".join(
    f"<table><thead{head}><tr{row}><th>항구</th><th>물때</th></tr></thead>"
    f"<tbody><tr><td{cell}>{word}</td><td>6물</td></tr></tbody></table>"
    for head, row, cell, word in (
        ("", "", "", '<span style="background-color: #fff3a3">통영</span>'),
        ("", "", ' style="background-color: #eeeeee"', "통영"),
        ("", ' style="background-color: #eeeeee"', "", "통영"),
        (' style="background-color: #eeeeee"', "", "", "통영"),
    )
)


def with_html(html: str) -> Article:
    return replace(PLAIN, content=replace(PLAIN.content, html=html))


def arabic_article() -> Article:
    content = replace(PLAIN.content, title="الميناء", html="<p>مرفأ</p>", language="ar", correction_note="مرفأ", image=None)
    return replace(PLAIN, content=content)


def drawn(renderer: PageRenderer, site: Site, article: Article) -> tuple[bytes, PageShell]:
    """The article's card and its page, with its picture."""
    return renderer.card_and_page(site, article, lead_image(site, article.content, {}), now=PUBLISHED)


def render_pages() -> dict[str, bytes]:
    """Every kind of page, by the path that the browser asks for."""
    renderer = PageRenderer()
    articles = [jekyll_article(), rich_article(), PLAIN]
    breaking = replace(rich_article(), breaking_until=PUBLISHED + timedelta(hours=6))
    cards = b"".join(drawn(renderer, KOREAN_SITE, article)[0] for article in articles)
    listings = [SITE_LISTING, BREAKING_LISTING, Listing(ListingKind.TAG, "도서관" * 20, "도서관" * 20)]
    shells: dict[str, tuple[PageShell, bytes]] = {
        "/": (renderer.listing(KOREAN_SITE, SITE_LISTING, PUBLISHED), cards),
        "/english": (renderer.listing(ENGLISH_SITE, BREAKING_LISTING, PUBLISHED), cards),
        "/jekyll": (drawn(renderer, KOREAN_SITE, jekyll_article())[1], b""),
        "/rich": (drawn(renderer, ENGLISH_SITE, rich_article())[1], b""),
        "/breaking-article": (drawn(renderer, KOREAN_SITE, breaking)[1], b""),
        "/signs": (drawn(renderer, KOREAN_SITE, with_html(SIGNS))[1], b""),
        "/tables": (drawn(renderer, KOREAN_SITE, with_html(TABLES))[1], b""),
        "/arabic": (drawn(renderer, KOREAN_SITE, arabic_article())[1], b""),
        "/feeds": (renderer.feeds(KOREAN_SITE, listings), b""),
        "/withdrawn": (renderer.withdrawn(KOREAN_SITE, PLAIN), b""),
    }
    strip = renderer.breaking_strip(KOREAN_SITE, articles)
    return {path: b"".join([*shell.head_parts, body, shell.tail, strip, shell.closing]) for path, (shell, body) in shells.items()}


PATHS = ("/", "/english", "/jekyll", "/rich", "/signs", "/tables", "/arabic", "/feeds", "/withdrawn")


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    return render_pages()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote to its console; violations of the security policy are among it."""
    return []


@pytest.fixture
def open_page(browser: Browser, pages: dict[str, bytes], complaints: list[str]) -> Iterator[Open]:
    contexts = []

    def serve(route: Route) -> None:
        body = pages.get(urlsplit(route.request.url).path)
        if urlsplit(route.request.url).path.startswith("/missing"):
            route.fulfill(body="", content_type="text/plain")
        elif body is None:
            route.fulfill(body=PICTURE, content_type="image/svg+xml")
        else:
            route.fulfill(body=body, headers={"content-type": "text/html; charset=utf-8", **page_headers()})

    def open_page(path: str, scheme: Scheme, width: int) -> Page:
        viewport: ViewportSize = {"width": width, "height": 800}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=False)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.route("**/*", serve)
        page.goto(SITE_URL + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def contrasts(browser: Browser, page: Page, selectors: Iterable[str]) -> dict[str, float]:
    """The contrast within the first line of each element, as the eye gets it: after filters and translucent colours."""
    measured = {}
    blank = browser.new_page()
    for selector in selectors:
        element = page.locator(selector).first
        element.scroll_into_view_if_needed()
        picture = page.screenshot(clip=element.evaluate(FIRST_LINE_JS))
        measured[selector] = float(blank.evaluate(CONTRAST_JS, b64encode(picture).decode()))
    blank.close()
    return measured


def too_faint(measured: dict[str, float]) -> dict[str, float]:
    return {selector: contrast for selector, contrast in measured.items() if contrast < MIN_CONTRAST}


@pytest.mark.parametrize("path", PATHS)
def test_page_fits_every_width_and_breaks_no_policy(open_page: Open, complaints: list[str], path: str) -> None:
    page = open_page(path, "light", 1280)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 375, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_stylesheet_is_in_force(open_page: Open, scheme: Scheme) -> None:
    page = open_page("/jekyll", scheme, 1280)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(21, 20, 18)" if scheme == "dark" else "rgb(253, 252, 249)")


@pytest.mark.parametrize(
    ("path", "selectors"),
    [
        ("/jekyll", ['[style*="#ee2323"]', '[style*="#1a5490"]', '[style*="#21538527"]', '[style*="#fff3a3"]']),
        ("/rich", ['[style*="#1a5490"]', '[style*="#1a5490"] [style*="#fff3a3"]', '[style*="#1a5490"] a']),
    ],
)
def test_editors_colours_are_readable_in_the_dark(browser: Browser, open_page: Open, path: str, selectors: list[str]) -> None:
    assert too_faint(contrasts(browser, open_page(path, "dark", 1280), selectors)) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_small_print_is_readable(browser: Browser, open_page: Open, scheme: Scheme) -> None:
    selectors = [".standfirst", ".meta time", ".kicker a", ".badge", ".correction-title", "blockquote p", ".footer-text"]
    assert too_faint(contrasts(browser, open_page("/breaking-article", scheme, 1280), selectors)) == {}


def test_wide_table_scrolls_within_itself(open_page: Open) -> None:
    table = open_page("/rich", "light", 320).locator(".content table")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth && getComputedStyle(table).overflowX === 'auto'")


#: Elements' boxes, as they are drawn.
BOXES_JS = "elements => elements.map(element => element.getBoundingClientRect().toJSON())"


@pytest.mark.parametrize("size", [(120, 90), (600, 3000), (1600, 900)])
@pytest.mark.parametrize("loads", [True, False])
def test_articles_picture_is_no_wider_than_it_is_and_is_in_sight_as_a_whole(
    browser: Browser, size: tuple[int, int], loads: bool
) -> None:
    width, height = size
    picture = Picture("https://wave.example/library.jpg", PictureState.READY, "image/jpeg", width, height, 1)
    lead = lead_image(KOREAN_SITE, PLAIN.content, {picture.source: picture})
    shell = PageRenderer().card_and_page(KOREAN_SITE, PLAIN, lead, now=PUBLISHED)[1]
    page = browser.new_page(viewport={"width": 1280, "height": 800}, java_script_enabled=False)

    def serve(route: Route) -> None:
        if urlsplit(route.request.url).path == "/":
            route.fulfill(body=b"".join(shell.head_parts) + shell.tail + shell.closing, content_type="text/html; charset=utf-8")
        elif loads:
            route.fulfill(body=PICTURE.replace("1600", str(width)).replace("900", str(height)), content_type="image/svg+xml")
        # else it is on its way for as long as the test takes

    page.route("**/*", serve)
    page.goto(SITE_URL, wait_until="load" if loads else "commit")
    page.locator(".content").wait_for()
    [box] = page.locator(".hero").evaluate_all(BOXES_JS)
    [column] = page.locator(".content").evaluate_all(BOXES_JS)
    page.close()

    shown_width = min(width, column["width"])
    assert box["width"] == pytest.approx(shown_width, abs=1)
    assert box["height"] == pytest.approx(min(shown_width * height / width, 640), abs=1)
    assert box["x"] - column["x"] == pytest.approx((column["width"] - shown_width) / 2, abs=1)


def test_sign_stays_in_its_sentence_though_it_may_not_load(open_page: Open) -> None:
    page = open_page("/signs", "light", 1280)

    formula, missing, large = page.locator(".content img").evaluate_all(BOXES_JS)
    sentence, _ = page.locator(".content p").evaluate_all(BOXES_JS)
    assert sentence["height"] < 60
    assert (formula["width"], formula["height"]) == (40, 20)
    assert missing["width"] < 40
    assert (large["width"], large["height"]) == (400, 225)


def test_text_of_coloured_cells_keeps_off_the_edge_of_the_colour(open_page: Open) -> None:
    page = open_page("/tables", "light", 1280)

    padding = page.evaluate(
        "[...document.querySelectorAll('table')].map(table => [...new Set([...table.querySelectorAll('th, td')]"
        ".map(cell => parseFloat(getComputedStyle(cell).paddingLeft)))])"
    )
    assert padding[0] == [0]
    assert all(len(each) == 1 and each[0] > 10 for each in padding[1:]), padding


def test_line_below_a_coloured_cell_is_no_brighter_in_the_dark_than_others(browser: Browser, open_page: Open) -> None:
    page = open_page("/tables", "dark", 1280)
    [cell] = page.locator("td[style]").evaluate_all(BOXES_JS)
    line = page.screenshot(full_page=True, clip={"x": cell["x"], "y": cell["bottom"] - 3, "width": cell["width"], "height": 5})
    blank = browser.new_page()
    contrast = float(blank.evaluate(CONTRAST_JS, b64encode(line).decode()))
    blank.close()
    assert contrast < 2


def test_what_is_written_from_the_right_begins_there(open_page: Open) -> None:
    page = open_page("/arabic", "light", 1280)

    [column] = page.locator(".article").evaluate_all(BOXES_JS)
    for selector in (".kicker > :first-child", ".meta > :first-child", ".correction-title", ".tags > li:first-child"):
        [box] = page.locator(selector).evaluate_all(BOXES_JS)
        assert column["right"] - box["right"] < 30, selector
    assert page.locator(".correction").evaluate("bar => getComputedStyle(bar).borderRightWidth") == "4px"


def test_keyboard_reaches_the_main_text_first(open_page: Open) -> None:
    page = open_page("/", "light", 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
