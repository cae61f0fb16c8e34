"""Pictures on pages and cards: room for them before they come, and no more bytes than it takes."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import html

from sokbo.domain.article import Article, Image
from sokbo.domain.lead_image import lead_image
from sokbo.domain.picture import Files, Picture, PictureState, Size, Variant
from sokbo.domain.site import Site
from tests.unit.workers.pages.samples import PUBLISHED, parse_page
from workers.pages.renderer import PageRenderer

URL = "https://wave.example/library.jpg"
MEASURED = Picture(URL, PictureState.READY, "image/jpeg", 1024, 683, 120_345)
OURS = Picture(
    "a" * 64,
    PictureState.READY,
    "image/png",
    1600,
    900,
    284_113,
    variants=(
        Variant(f"{'b' * 64}.webp", "image/webp", 320, 180, 9_876),
        Variant(f"{'c' * 64}.jpg", "image/jpeg", 320, 180, 12_345),
        Variant(f"{'d' * 64}.webp", "image/webp", 640, 360, 19_876),
    ),
)

Change = Callable[..., Article]


@pytest.fixture
def show(renderer: PageRenderer, site: Site) -> Callable[..., tuple[Any, Any]]:
    """The trees of an article's page and card."""

    def render(article: Article, *pictures: Picture, files: Files | None = None) -> tuple[Any, Any]:
        shown = lead_image(site, article.content, {picture.source: picture for picture in pictures})
        card, shell = renderer.card_and_page(site, article, shown, files, now=PUBLISHED)
        return parse_page(b"".join(shell.head_parts) + shell.tail + shell.closing), html.fragment_fromstring(card.decode())

    return render


Show = Callable[..., tuple[Any, Any]]


def image_of(tree: Any) -> dict[str, str]:
    [image] = tree.xpath(".//article//img | self::article//img")
    return dict(image.attrib)


def test_picture_that_is_nowhere_is_on_no_page_and_no_card(show: Show, article: Article) -> None:
    page, card = show(article, Picture(URL, PictureState.FAILED))

    for tree in (page, card):
        assert URL not in html.tostring(tree, encoding="unicode")


def test_picture_has_its_size_once_it_is_known(show: Show, article: Article) -> None:
    for tree in show(article, MEASURED):
        image = image_of(tree)
        assert (image["src"], image["width"], image["height"]) == (URL, "1024", "683")
        assert "srcset" not in image
    for tree in show(article):
        assert image_of(tree).keys().isdisjoint({"width", "height", "srcset"})


def test_our_picture_is_offered_in_its_widths(show: Show, with_content: Change, site: Site) -> None:
    page, card = show(with_content(image=Image(site.media_url(OURS.name), "도서관")), OURS)

    for tree in (page, card):
        image = image_of(tree)
        assert image["src"] == f"https://wave.example/media/{OURS.name}"
        assert image["srcset"].split(", ") == [
            f"https://wave.example/media/{'b' * 64}.webp 320w",
            f"https://wave.example/media/{'d' * 64}.webp 640w",
            f"https://wave.example/media/{OURS.name} 1600w",
        ]
        assert image["sizes"]
    assert (image_of(page)["alt"], image_of(card)["alt"]) == ("도서관", "")
    assert image_of(card)["loading"] == "lazy"


def test_those_who_share_the_page_are_told_of_the_picture(show: Show, article: Article) -> None:
    page, _ = show(article, MEASURED)

    said = {name: page.xpath(f"string(//meta[@property='og:{name}']/@content)") for name in ("image", "image:width", "image:alt")}
    assert said == {"image": URL, "image:width": "1024", "image:alt": "불 켜진 도서관"}
    assert page.xpath("string(//meta[@property='og:image:type']/@content)") == "image/jpeg"
    [script] = page.xpath("//script")
    assert json.loads(script.text)["image"] == {"@type": "ImageObject", "url": URL, "width": 1024, "height": 683}


def test_picture_that_is_not_measured_is_told_without_its_size(show: Show, article: Article) -> None:
    page, _ = show(article)

    assert page.xpath("//meta[starts-with(@property, 'og:image')]/@property") == ["og:image", "og:image:alt"]


def test_picture_of_the_text_is_shared_and_on_the_card_and_not_twice_on_the_page(show: Show, with_content: Change) -> None:
    text = with_content(image=None, html=f'<p><img src="{URL}" alt="배"></p>')

    page, card = show(text, MEASURED)
    assert page.xpath("string(//meta[@property='og:image']/@content)") == URL
    assert len(page.xpath("//article//img")) == 1
    assert (image_of(card)["src"], image_of(card)["alt"], image_of(card)["width"]) == (URL, "", "1024")


@pytest.mark.parametrize("known", [[], [replace(MEASURED, width=199)]])
def test_picture_of_the_text_that_may_be_a_sign_stands_for_nothing(
    show: Show, with_content: Change, known: list[Picture]
) -> None:
    page, card = show(with_content(image=None, html=f'<p><img src="{URL}" alt="배"></p>'), *known)

    assert page.xpath("//meta[@property='og:image']") == []
    assert card.xpath(".//img") == []


def in_text(page: Any) -> list[dict[str, str]]:
    """The attributes of the text's pictures, but for their URLs."""
    return [{name: value for name, value in image.attrib.items() if name != "src"} for image in page.xpath("//article/div//img")]


LATE = {"loading": "lazy", "decoding": "async"}
UNDESCRIBED = {"alt": ""}  # else its file's name would be read out


def test_pictures_of_the_text_come_when_they_are_near(show: Show, with_content: Change) -> None:
    page, _ = show(with_content(html='<p>배</p><p><img src="https://wave.example/a.jpg" alt="&lt;배&gt;"><img src="/b.jpg"></p>'))

    assert in_text(page) == [{"alt": "<배>"} | LATE, UNDESCRIBED | LATE]


@pytest.mark.parametrize("opening", ["", "<figure>", '<p class="a"><a href="https://wave.example/">'])
def test_picture_at_the_texts_beginning_is_not_put_off(show: Show, with_content: Change, opening: str) -> None:
    page, _ = show(with_content(html=f'{opening}<img src="https://wave.example/a.jpg"><img src="https://wave.example/b.jpg">'))

    assert in_text(page) == [UNDESCRIBED | {"decoding": "async"}, UNDESCRIBED | LATE]


def test_pictures_of_the_text_have_their_sizes_once_they_are_known(show: Show, with_content: Change, site: Site) -> None:
    files = {OURS.name: Size(1600, 900), f"{'b' * 64}.webp": Size(320, 180)}
    urls = (*map(site.media_url, files), URL, f"https://else.example/media/{OURS.name}", "https://wave.example/b.jpg?x=1&amp;y=2")
    text = with_content(html="".join(f'<p>배</p><img src="{url}">' for url in urls))
    page, _ = show(text, MEASURED, files=files)

    sizes = [(image.get("width"), image.get("height")) for image in in_text(page)]
    assert sizes == [("1600", "900"), ("320", "180"), ("1024", "683"), (None, None), (None, None)]
    assert in_text(show(text)[0]) == [UNDESCRIBED | LATE] * len(urls)


def test_size_that_the_publisher_gave_stays(show: Show, with_content: Change, site: Site) -> None:
    html = "".join(f'<p>배</p><img src="{site.media_url(OURS.name)}" {said}>' for said in ('width="300"', 'height="50%"'))
    page, _ = show(with_content(html=html), files={OURS.name: Size(1600, 900)})

    assert in_text(page) == [UNDESCRIBED | {"width": "300"} | LATE, UNDESCRIBED | {"height": "50%"} | LATE]


@pytest.mark.parametrize(
    ("said", "is_sign"),
    [
        ('width="18" height="18"', True),
        ('width="64" height="64"', True),
        ('height="20"', True),
        ('width="65" height="20"', False),
        ('width="20" height="65"', False),
        ('width="20%"', False),
        ('width="-1"', False),
        ("", False),
    ],
)
def test_small_picture_is_marked_as_a_part_of_its_sentence(show: Show, with_content: Change, said: str, is_sign: bool) -> None:
    page, _ = show(with_content(html=f'<p>물 <img src="https://wave.example/a.png" alt="H₂O" {said}> 이다</p>'))

    assert [image.get("class") == "sign" for image in in_text(page)] == [is_sign]


def test_upload_that_is_small_is_a_part_of_its_sentence(show: Show, with_content: Change, site: Site) -> None:
    text = with_content(html=f'<p>물 <img src="{site.media_url(OURS.name)}"> 이다</p>')

    for size, said in ((Size(64, 18), "sign"), (Size(18, 65), None)):
        assert [image.get("class") for image in in_text(show(text, files={OURS.name: size})[0])] == [said]


def test_what_is_known_of_a_picture_that_has_no_size_is_not_told(show: Show, with_content: Change) -> None:
    unread = Picture(URL, PictureState.READY, "image/svg+xml")
    page, _ = show(with_content(html=f'<p>배</p><img src="{URL}">'), unread)

    assert in_text(page) == [UNDESCRIBED | LATE]


def test_url_and_description_cannot_break_out_of_the_page(show: Show, with_content: Change) -> None:
    hostile = '"><script>alert(1)</script>'
    measured = Picture(f"https://wave.example/{hostile}", PictureState.READY, hostile, 1, 1, 1)

    for tree in show(with_content(image=Image(measured.source, hostile)), measured):
        assert [script.get("type") for script in tree.iter("script")] in ([], ["application/ld+json"])
