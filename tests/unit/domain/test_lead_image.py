from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sokbo.domain.article import Content, Image
from sokbo.domain.ids import SiteId
from sokbo.domain.lead_image import awaited, lead_image, named_picture, source_of, with_current_media_urls
from sokbo.domain.picture import Picture, PictureState, Variant
from sokbo.domain.site import Site

SITE = Site(SiteId(1), "news", "News", "https://news.example/news", datetime(2026, 1, 1, tzinfo=UTC))
DIGEST = "a" * 64
FILE = f"{DIGEST}.png"
URL = "https://elsewhere.example/photo.jpg"
TEXT = Content("Title", f'<p>Words <img src="{URL}?a=1&amp;b=2" alt="A &lt;ship&gt;"> and <img src="/two.jpg"></p>', "Words", "")
CHOSEN = replace(TEXT, image=Image(URL, "A pier"))
OURS = replace(TEXT, image=Image(f"https://old.example/media/{DIGEST}.png"))


def measured(source: str, width: int = 640, height: int = 480) -> dict[str, Picture]:
    variants = (Variant("v.webp", "image/webp", 320, 240, 99),)
    return {source: Picture(source, PictureState.READY, "image/png", width, height, 1234, variants)}


@pytest.mark.parametrize(
    "url",
    [
        f"https://a.example/media/{DIGEST}.jpg",
        f"http://a.example/news/media/{DIGEST}.webp",
        f"https://b.example:8080/x/y/media/{DIGEST}.gif",
    ],
)
def test_our_picture_is_known_by_its_digest_wherever_the_site_is(url: str) -> None:
    assert source_of(url) == DIGEST


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"https://a.example/media/{DIGEST}.svg",
        f"https://a.example/media/{DIGEST}.jpg?w=1",
        f"https://a.example/media/{DIGEST.upper()}.jpg",
        f"https://a.example/?/media/{DIGEST}.jpg",
        f"https://a.example/media/{DIGEST[1:]}.jpg",
    ],
)
def test_any_other_is_known_by_its_url(url: str) -> None:
    assert source_of(url) == url


def test_image_in_the_text_is_not_taken_from_another_attributes_value() -> None:
    text = replace(TEXT, html=f'<p><img alt="What is src=" src="{URL}"></p>')
    shown = lead_image(SITE, text, measured(URL))
    assert shown is not None
    assert (shown.url, shown.alt) == (URL, "What is src=")


@pytest.mark.parametrize(
    ("picture", "is_shown"),
    [
        (Picture(URL, PictureState.FAILED), False),
        (Picture(URL), True),
        (Picture(URL, PictureState.READY, "image/avif"), True),
        (Picture(URL, PictureState.FAILED, "image/png", 640, 480, 1234), True),
    ],
    ids=["measured in vain", "not measured yet", "of another format", "without variants"],
)
def test_only_a_dead_picture_is_not_shown(picture: Picture, is_shown: bool) -> None:
    known = {URL: picture}
    assert (lead_image(SITE, CHOSEN, known) is not None) is is_shown
    named = named_picture(SITE, CHOSEN, known)
    assert named is not None
    assert named.picture is picture


def test_chosen_image_is_shown_before_anything_is_known_of_it() -> None:
    shown = lead_image(SITE, CHOSEN, {})

    assert shown is not None
    assert (shown.url, shown.alt, shown.chosen) == (URL, "A pier", True)
    assert (shown.picture.type, shown.picture.width, shown.picture.length) == (None, None, None)


def test_what_is_known_of_it_is_shown_as_soon_as_it_is() -> None:
    shown = lead_image(SITE, CHOSEN, measured(URL))

    assert shown is not None
    assert (shown.picture.type, shown.picture.width, shown.picture.length) == ("image/png", 640, 1234)


def test_our_picture_is_shown_where_the_site_is_now() -> None:
    shown = lead_image(SITE, with_current_media_urls(SITE, OURS, {FILE}), measured(DIGEST))

    assert shown is not None
    assert shown.url == f"https://news.example/news/media/{FILE}"
    assert len(shown.picture.variants) == 1


def test_what_another_site_has_uploaded_is_shown_there_and_in_its_own_size_alone() -> None:
    shown = lead_image(SITE, with_current_media_urls(SITE, OURS, set()), measured(DIGEST))

    assert shown is not None
    assert (shown.url, shown.picture.width, shown.picture.variants) == (f"https://old.example/media/{FILE}", 640, ())


def test_first_image_of_the_text_stands_for_an_article_without_one_once_it_is_known_to_be_large() -> None:
    source = f"{URL}?a=1&b=2"

    assert lead_image(SITE, TEXT, {}) is None
    assert lead_image(SITE, TEXT, measured(source, 199, 600)) is None
    shown = lead_image(SITE, TEXT, measured(source, 200, 200))
    assert shown is not None
    assert (shown.url, shown.alt, shown.chosen) == (source, "A <ship>", False)


def test_article_without_images_has_none() -> None:
    content = Content("Title", "<p>img src=</p>", "img", "")

    assert lead_image(SITE, content, {}) is None
    assert awaited(content, {}) is None


def test_what_nobody_has_measured_is_awaited_and_what_is_settled_is_not() -> None:
    assert awaited(CHOSEN, {}) == URL
    assert awaited(CHOSEN, {URL: Picture(URL)}) == URL
    assert awaited(CHOSEN, {URL: Picture(URL, PictureState.FAILED)}) is None
    assert awaited(CHOSEN, measured(URL)) is None
    assert awaited(TEXT, {}) == f"{URL}?a=1&b=2"


def test_our_picture_is_awaited_until_it_has_its_variants_and_never_if_it_was_not_uploaded() -> None:
    assert awaited(OURS, {DIGEST: Picture(DIGEST, PictureState.WAITING, "image/png", 640, 480, 1234)}) == DIGEST
    assert awaited(OURS, measured(DIGEST)) is None
    assert awaited(OURS, {}) is None


@pytest.mark.parametrize(
    ("html", "moved"),
    [
        ('<p><img src="{}" alt="a"></p>', True),
        ('<video poster="{}"></video>', True),
        ('<a href="{}"><img src="{}"></a>', True),
        ('<p>"{}"</p>', False),
        ('<p><a href="{}?w=1">x</a></p>', False),
        ('<p title="see {}">x</p>', False),
    ],
)
def test_our_files_are_where_the_site_is_now_in_the_texts_tags(html: str, moved: bool) -> None:
    old, new = f"https://old.example/media/{FILE}", f"https://news.example/news/media/{FILE}"
    told = with_current_media_urls(SITE, replace(TEXT, html=html.replace("{}", old)), {FILE})
    assert told.html == html.replace("{}", new if moved else old)


def test_texts_image_and_the_chosen_one_stay_the_same() -> None:
    content = replace(OURS, html=f'<img src="https://old.example/media/{FILE}">')
    told = with_current_media_urls(SITE, content, {FILE})
    assert told.image is not None
    assert told.image.url == SITE.media_url(FILE)
    assert told.html == f'<img src="{told.image.url}">'


def test_what_is_not_the_sites_stays_where_it_is() -> None:
    content = replace(TEXT, html=f'<img src="https://another.example/media/{FILE}">')
    assert with_current_media_urls(SITE, content, {"b" * 64 + ".png"}) == content
