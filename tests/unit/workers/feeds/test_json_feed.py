"""JSON Feed by the rules of its specification, and the fields that are ours."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema
import orjson
import pytest

from sokbo.domain.archive import Part
from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING
from tests.unit.workers.feeds.articles import ENGLISH, NASTY, PUBLISHED, SITE, article
from tests.unit.workers.feeds.feeds import feed
from workers.feeds import FORMATS, History, footer_link

JSON = FORMATS[FragmentFormat.JSON]

TEXT = {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": r"^https?://[!-~]+$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
AUTHORS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "properties": {"name": TEXT, "url": URL}, "additionalProperties": False, "minProperties": 1},
}
HUBS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"type": TEXT, "url": URL},
        "required": ["type", "url"],
        "additionalProperties": False,
    },
}
ITEM = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "url": URL,
        "title": TEXT,
        "content_html": TEXT,
        "content_text": TEXT,
        "summary": TEXT,
        "image": URL,
        "date_published": TIME,
        "date_modified": TIME,
        "authors": AUTHORS,
        "tags": {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
        "language": TEXT,
        "_sokbo": {"type": "object"},
    },
    "required": ["id", "url", "title", "content_html", "content_text", "summary", "date_published", "date_modified"],
    "additionalProperties": False,
}
FEED = {
    "type": "object",
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": TEXT,
        "home_page_url": URL,
        "feed_url": URL,
        "next_url": URL,
        "hubs": HUBS,
        "description": TEXT,
        "icon": URL,
        "language": TEXT,
        "authors": AUTHORS,
        "items": {"type": "array", "items": ITEM},
        "_sokbo": {"type": "object"},
    },
    "required": ["version", "title", "home_page_url", "feed_url", "language", "authors", "items"],
    "additionalProperties": False,
}


def read(document: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(document)
    return parsed


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
def test_any_article_follows_the_specification(nasty: Article) -> None:
    parsed = read(feed(JSON, [nasty]))

    jsonschema.validate(parsed, FEED)
    [item] = parsed["items"]
    assert datetime.fromisoformat(item["date_modified"]) >= datetime.fromisoformat(item["date_published"])


def test_feed_without_entries_or_description_follows_the_specification() -> None:
    jsonschema.validate(read(feed(JSON, [], site=ENGLISH)), FEED)


def test_document_of_the_archive_names_its_own_address_and_leads_to_the_one_before() -> None:
    part, previous, following = Part("2026-03", 2), Part("2026-03", 1), Part("2026-04", 1)

    middle = read(feed(JSON, [article()], history=History(part, previous, following)))
    jsonschema.validate(middle, FEED)
    assert middle["home_page_url"] == "https://gnj.example.kr/"
    assert middle["feed_url"] == "https://gnj.example.kr/feed/2026/03-2.json"
    assert middle["next_url"] == "https://gnj.example.kr/feed/2026/03.json"
    assert "next_url" not in read(feed(JSON, [article()], history=History(previous, following=part)))


def test_current_feed_leads_to_the_newest_document_of_the_archive() -> None:
    current = read(feed(JSON, [article()], history=History(previous=Part("2026-03", 2))))

    jsonschema.validate(current, FEED)
    assert current["feed_url"] == "https://gnj.example.kr/feed.json"
    assert current["next_url"] == "https://gnj.example.kr/feed/2026/03-2.json"
    assert "next_url" not in read(feed(JSON, [article()]))


def test_what_is_ours_is_under_our_own_name() -> None:
    whole = article(
        correction_note="고쳤습니다",
        canonical_url="https://other.example/1",
        categories=("정치",),
        tags=("아세안",),
        breaking_until=PUBLISHED,
        revision=3,
    )

    [item] = read(feed(JSON, [whole]))["items"]

    assert item["_sokbo"] == {
        "number": 1,
        "revision": 3,
        "categories": ["정치"],
        "correction_note": "고쳤습니다",
        "breaking_until": "2026-03-02T09:30:15Z",
        "canonical_url": "https://other.example/1",
    }
    assert item["tags"] == ["정치", "아세안"]
    assert item["content_text"] == "바로잡습니다: 고쳤습니다\n\n본문"
    assert "external_url" not in item


def test_breaking_feed_tells_the_newest_breaking_link() -> None:
    document = feed(JSON, [article()], listing=BREAKING_LISTING, footer=footer_link(SITE, article()))

    assert read(document)["_sokbo"]["link"] == {
        "url": "https://gnj.example.kr/1/%EC%A0%9C%EB%AA%A9",
        "title": "제목",
        "text": "속보",
        "rel": "noopener",
        "breaking": True,
    }


def test_breaking_feed_tells_the_standing_link_when_nothing_breaks() -> None:
    document = feed(JSON, [], listing=BREAKING_LISTING, footer=footer_link(SITE, None))

    assert read(document)["_sokbo"]["link"] == {
        "url": "https://newsdao.example.kr",
        "title": "https://newsdao.example.kr",
        "text": "실시간 뉴스 속보는,",
        "rel": "noopener",
        "breaking": False,
    }


def test_nothing_to_show_leaves_the_footer_link_out() -> None:
    silent = replace(SITE, standing_link=None)

    assert footer_link(silent, None) is None
    assert "_sokbo" not in read(feed(JSON, [], site=silent, listing=BREAKING_LISTING, footer=footer_link(silent, None)))
