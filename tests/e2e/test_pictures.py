"""From an image to what readers get of it, on a running system."""

from collections.abc import Iterator
from io import BytesIO

import feedparser
import pytest
from PIL import Image

from tests.client import ask
from tests.gallery import Gallery, showing
from tests.pictures import jpeg
from tests.publisher import Publisher
from tests.waiting import eventually

WITHIN_SECONDS = 15.0


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    with showing() as opened:
        yield opened


def test_uploaded_image_is_in_feed_and_page_with_its_true_length_and_its_variants(publisher: Publisher) -> None:
    uploaded = publisher.send("POST", "/media", jpeg(1000, 600), "image/jpeg")
    assert uploaded.status == 201, uploaded.text
    media = uploaded.json
    article = publisher.post("바다", image={"url": media["url"], "alt": "부두"})

    feed = publisher.await_text("feed.rss", f"{media['url'].rpartition('/')[2]}").text
    [enclosure] = feedparser.parse(feed).entries[0].enclosures
    served = ask("GET", enclosure.href)
    assert (enclosure.type, enclosure.length) == (served.headers["content-type"], str(len(served.body)))
    with Image.open(BytesIO(served.body)) as image:
        assert image.size == (1000, 600)

    page = publisher.await_text(str(article["number"]) + "/" + article["slug"], "srcset=", WITHIN_SECONDS)
    ready = publisher.send("GET", f"/media/{media['id']}").json
    assert [(variant["type"], variant["width"]) for variant in ready["variants"]] == [
        ("image/webp", 320),
        ("image/jpeg", 320),
        ("image/webp", 640),
        ("image/jpeg", 640),
    ]
    for variant in ready["variants"]:
        served = ask("GET", variant["url"])
        assert (served.headers["content-type"], len(served.body)) == (variant["type"], variant["length"])
    assert f"{ready['variants'][0]['url']} 320w" in page.text
    thumbnail = ready["variants"][1]["url"]
    publisher.await_text("feed.rss", f'<media:thumbnail url="{thumbnail}" width="320" height="192"/>', WITHIN_SECONDS)


def test_image_elsewhere_is_measured_after_the_article_is_published(publisher: Publisher, gallery: Gallery) -> None:
    photo = jpeg(640, 480)
    url = gallery.hang("/photo.jpg", photo)
    gallery.open.clear()
    article = publisher.post("산", markdown="본문", image=url)
    first = publisher.await_text("feed.atom", "<title>산</title>").text
    assert 'length="' not in first
    eventually(lambda: gallery.asked, WITHIN_SECONDS)
    gallery.open.set()

    publisher.await_text("feed.rss", f'<enclosure url="{url}" length="{len(photo)}" type="image/jpeg"/>', WITHIN_SECONDS)
    page = publisher.await_text(f"{article['number']}/{article['slug']}", 'width="640" height="480"')
    assert f'<meta property="og:image" content="{url}">' in page.text
    again = feedparser.parse(publisher.await_text("feed.atom", f'length="{len(photo)}"').text).entries[0]
    assert (again.id, again.updated) == (feedparser.parse(first).entries[0].id, feedparser.parse(first).entries[0].updated)
    assert gallery.asked == ["/photo.jpg"]
