"""Pictures in feeds: what is known of them is told, and nothing else."""

from dataclasses import replace
from typing import Any

import feedparser
import orjson
import pytest
from lxml import etree

from sokbo.domain.article import Article, Image
from sokbo.domain.document import FragmentFormat
from sokbo.domain.lead_image import with_current_media_urls
from sokbo.domain.picture import Picture, PictureState, Variant
from tests.unit.workers.feeds.articles import NASTY, SITE, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.w3c import atom_complaints, rss_complaints
from workers.feeds import DIALECT_FORMATS, FORMATS, FeedFormat

RSS, ATOM, JSON = (FORMATS[form] for form in (FragmentFormat.RSS, FragmentFormat.ATOM, FragmentFormat.JSON))
MEDIA = "{http://search.yahoo.com/mrss/}"
URL = "https://elsewhere.example/a%20ship.png"
WITH_IMAGE = article(image=Image(URL, "A <ship> & more"))
MEASURED = Picture(URL, PictureState.READY, "image/png", 1024, 683, 120_345)
OURS = Picture(
    "a" * 64,
    PictureState.READY,
    "image/webp",
    1600,
    900,
    284_113,
    variants=(
        Variant(f"{'b' * 64}.webp", "image/webp", 320, 180, 9_876),
        Variant(f"{'c' * 64}.jpg", "image/jpeg", 320, 180, 12_345),
        Variant(f"{'d' * 64}.jpg", "image/jpeg", 640, 360, 23_456),
    ),
)
WITH_OURS = article(image=Image(f"https://old.example/x/media/{OURS.name}", "A pier"))
KNOWN = [
    MEASURED,
    OURS,
    replace(MEASURED, width=None, height=None),
    replace(MEASURED, length=None),
    Picture(URL, PictureState.FAILED),
]


def rss_item(shown: Article, *pictures: Picture) -> Any:
    return etree.fromstring(feed(RSS, [shown], pictures=pictures)).find(".//item")


def attributes(element: Any) -> dict[str, str]:
    return dict(element.attrib)


def test_rss_tells_all_that_is_known() -> None:
    item = rss_item(WITH_IMAGE, MEASURED)

    assert attributes(item.find("enclosure")) == {"url": URL, "length": "120345", "type": "image/png"}
    [content] = item.findall(f"{MEDIA}content")
    assert attributes(content) == {
        "url": URL,
        "type": "image/png",
        "medium": "image",
        "fileSize": "120345",
        "width": "1024",
        "height": "683",
    }
    assert content.findtext(f"{MEDIA}title") == "A <ship> & more"
    assert attributes(item.find(f"{MEDIA}thumbnail")) == {"url": URL, "width": "1024", "height": "683"}
    assert item.find(f"{MEDIA}group") is None


def test_rss_has_no_enclosure_before_its_true_length_is_known() -> None:
    item = rss_item(WITH_IMAGE)

    assert item.find("enclosure") is None
    assert attributes(item.find(f"{MEDIA}content")) == {"url": URL, "medium": "image"}
    assert attributes(item.find(f"{MEDIA}thumbnail")) == {"url": URL}


def test_our_pictures_thumbnail_is_its_narrowest_jpeg_where_the_site_is_now() -> None:
    moved = replace(WITH_OURS, content=with_current_media_urls(SITE, WITH_OURS.content, {OURS.name}))
    item = rss_item(moved, OURS)

    assert item.find("enclosure").get("url") == f"{SITE.base_url}/media/{OURS.name}"
    thumbnail = {"url": f"{SITE.base_url}/media/{'c' * 64}.jpg", "width": "320", "height": "180"}
    assert attributes(item.find(f"{MEDIA}thumbnail")) == thumbnail


def test_atom_enclosure_tells_type_length_and_title() -> None:
    [entry] = feedparser.parse(feed(ATOM, [WITH_IMAGE], pictures=[MEASURED])).entries

    [enclosure] = entry.enclosures
    assert (enclosure.href, enclosure.type, enclosure.length, enclosure.title) == (URL, "image/png", "120345", "A <ship> & more")


def test_atom_enclosure_before_it_is_measured_says_where_it_is() -> None:
    assert f'<link href="{URL}" rel="enclosure" title="'.encode() in feed(ATOM, [WITH_IMAGE])


@pytest.mark.parametrize("form", [RSS, ATOM, JSON, *DIALECT_FORMATS.values()], ids=lambda form: str(form.format))
def test_what_turned_out_to_be_no_image_is_in_no_feed(form: FeedFormat) -> None:
    assert URL.encode() in feed(form, [WITH_IMAGE])
    assert URL.encode() not in feed(form, [WITH_IMAGE], pictures=[Picture(URL, PictureState.FAILED)])
    assert URL.encode() in feed(form, [WITH_IMAGE], pictures=[Picture(URL, PictureState.READY, "image/avif")])


def test_json_feed_has_the_image_and_once_its_type_is_known_an_attachment() -> None:
    [before] = orjson.loads(feed(JSON, [WITH_IMAGE]))["items"]
    [after] = orjson.loads(feed(JSON, [WITH_IMAGE], pictures=[MEASURED]))["items"]

    assert before["image"] == after["image"] == URL
    assert "attachments" not in before
    assert after["attachments"] == [{"url": URL, "mime_type": "image/png", "title": "A <ship> & more", "size_in_bytes": 120_345}]


def test_first_picture_of_the_text_stands_for_the_article_once_it_is_known_to_be_large() -> None:
    shown = article(html=f'<p>본문 <img src="{URL}" alt="배"></p>')

    assert rss_item(shown).find(f"{MEDIA}content") is None
    assert rss_item(shown, replace(MEASURED, width=64, height=64)).find(f"{MEDIA}content") is None
    assert rss_item(shown, MEASURED).find("enclosure").get("url") == URL


def test_article_without_picture_has_none_of_it() -> None:
    for form in (RSS, ATOM, JSON):
        document = feed(form, [article()])
        assert b"enclosure" not in document
        assert b"<media:" not in document
        assert b"attachments" not in document


@pytest.mark.parametrize("picture", KNOWN, ids=["measured", "ours", "without size", "without length", "given up"])
@pytest.mark.parametrize("shown", [WITH_IMAGE, WITH_OURS, NASTY["image-with-hangul"]])
def test_feeds_with_pictures_are_valid(shown: Article, picture: Picture) -> None:
    image = shown.content.image
    assert image is not None
    pictures = [picture, replace(picture, source=image.url) if not picture.is_ours else picture]

    assert rss_complaints(feed(RSS, [shown], pictures=pictures)) == []
    assert atom_complaints(feed(ATOM, [shown], pictures=pictures)) == []
    assert not feedparser.parse(feed(RSS, [shown], pictures=pictures)).bozo


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'length="120345"', b'length="unknown"'),
        (b'length="120345" ', b""),
        (b'type="image/png"', b'type="png"'),
        (b'width="1024"', b'width="wide"'),
        (b'medium="image"', b'medium="photo"'),
        (b'type="plain"', b'type="text"'),
    ],
)
def test_rules_notice_what_is_wrong_with_a_picture(was: bytes, becomes: bytes) -> None:
    document = feed(RSS, [WITH_IMAGE], pictures=[MEASURED])
    assert was in document

    assert rss_complaints(document.replace(was, becomes)) != []
