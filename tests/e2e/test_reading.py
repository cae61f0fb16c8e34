"""What feed readers and caches are answered."""

import gzip
from urllib.parse import quote

import pytest

from tests.publisher import Publisher
from tests.waiting import eventually

FEEDS = ("feed.rss", "feed.atom", "feed.json")
DOCUMENTS = (*FEEDS, "", "breaking.html", "feeds", "feeds.opml", "sitemap.xml", "news-sitemap.xml")


@pytest.fixture
def published(publisher: Publisher) -> Publisher:
    publisher.post("하나", breaking=True)
    publisher.await_text("breaking.html", "하나")
    publisher.await_text("news-sitemap.xml", "하나")
    publisher.await_text("sitemap.xml", "<lastmod>")
    eventually(lambda: all("last-modified" in publisher.read(path).headers for path in DOCUMENTS))
    return publisher


@pytest.mark.parametrize("path", DOCUMENTS)
def test_unchanged_document_is_not_sent_again(published: Publisher, path: str) -> None:
    first = published.read(path)
    etag = first.headers["etag"]
    assert not etag.startswith("W/")
    for value in (etag, f'"other", W/{etag}', "*"):
        answer = published.read(path, If_None_Match=value)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
    assert published.read(path, If_Modified_Since=first.headers["last-modified"]).status == 304
    both = published.read(path, If_None_Match='"other"', If_Modified_Since=first.headers["last-modified"])
    assert (both.status, both.body) == (200, first.body)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_compressed_bytes_are_the_same_bytes(published: Publisher, path: str) -> None:
    plain, packed = published.read(path), published.read(path, Accept_Encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"]
    for answer in (plain, packed):
        assert "accept-encoding" in answer.headers["vary"].lower()
        assert int(answer.headers["content-length"]) == len(answer.body)
    refused = published.read(path, Accept_Encoding="gzip;q=0")
    assert refused.body == plain.body


@pytest.mark.parametrize("path", DOCUMENTS)
def test_head_says_what_get_would(published: Publisher, path: str) -> None:
    got, head = published.read(path), published.read(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    varying = {"date", "x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in varying} == {
        k: v for k, v in got.headers.items() if k not in varying
    }


def test_feeds_and_pages_say_where_they_are_and_which_hub_tells_of_them(published: Publisher) -> None:
    article = published.post("둘")
    page = f"{article['number']}/{quote(article['slug'])}"
    published.await_status(page, 200)
    site = published.site
    for path in (*FEEDS, "", "feeds", page):
        for method in ("GET", "HEAD"):
            said = published.read(path, method).headers["link"]
            assert said == f'<{site.base_url}/{path}>; rel="self", <{site.base_url}/hub>; rel="hub"'
    for path in ("breaking.html", "feeds.opml", "sitemap.xml"):
        assert "link" not in published.read(path).headers


def test_feeds_may_be_read_from_any_origin_and_kept_for_a_while(published: Publisher) -> None:
    for path in ("feed.rss", "feed.atom", "feed.json", "breaking.json", "breaking.html"):
        headers = published.read(path, Origin="https://partner.example").headers
        assert headers["access-control-allow-origin"] == "*"
        assert "max-age" in headers["cache-control"]
        assert "stale-while-revalidate" in headers["cache-control"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "charset=utf-8" in headers["content-type"] or "json" in headers["content-type"]


def test_feed_is_the_same_bytes_until_something_in_it_changes(published: Publisher) -> None:
    before = published.read("feed.atom")
    article = published.post("둘", draft=True)
    published.send("PATCH", f"/articles/{article['id']}", {"title": "셋"}, If_Match='"1"')
    published.post("내일", published_at="2190-01-01T00:00:00Z")
    published.post("큰 소식", categories=["정치"])
    after = published.await_text("feed.atom", "큰 소식")
    assert after.headers["etag"] != before.headers["etag"]
    assert "둘" not in after.text
    assert published.read("feed.atom").body == after.body
