import json
from dataclasses import replace
from typing import Any

import pytest

from sokbo.domain.article import Article, ArticleState, Author
from sokbo.domain.event import EventType
from sokbo.domain.partner import ContentProfile
from sokbo.payload import MAX_PAYLOAD_BYTES, render, snippet
from tests.unit.workers.channels.jobs import ARTICLE, SITE, URL, article, event

WITHDRAWN = {"id": ARTICLE.id, "number": 12, "url": URL, "state": "withdrawn"}


def rendered(
    kind: EventType = EventType.BREAKING_STARTED,
    of: Article = ARTICLE,
    content: ContentProfile = ContentProfile.SUMMARY,
    *,
    breaking: bool = True,
) -> Any:
    return json.loads(render(event(kind, breaking=breaking), SITE, of, content, "noopener"))


def test_payload_says_what_happened_and_gives_the_link() -> None:
    snippet_of_title = "속보 &quot;하나&quot; &amp; &lt;둘&gt;"
    assert rendered() == {
        "type": "breaking.started",
        "timestamp": "2026-03-02T09:30:15Z",
        "data": {
            "site": {"name": "gnj", "title": "경남진", "url": "https://gnj.example.kr/"},
            "sequence": 42,
            "article": {
                "id": ARTICLE.id,
                "number": 12,
                "state": "published",
                "revision": 3,
                "url": URL,
                "canonical_url": None,
                "title": '속보 "하나" & <둘>',
                "summary": "요약",
                "language": "ko",
                "categories": ["정치"],
                "tags": ["apec"],
                "authors": [{"name": "김기자", "url": "https://gnj.example.kr/kim"}],
                "image": {"url": "https://gnj.example.kr/a.jpg", "alt": "사진"},
                "published_at": "2026-03-02T09:30:15Z",
                "modified_at": "2026-03-02T09:30:15Z",
                "correction_note": None,
                "breaking": {"until": "2026-03-02T15:30:15Z"},
            },
            "link": {"url": URL, "title": '속보 "하나" & <둘>', "rel": "noopener"},
            "html": f'<a href="{URL}" rel="noopener">{snippet_of_title}</a>',
        },
    }


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (ContentProfile.LINK, {}),
        (ContentProfile.SUMMARY, {"summary": "요약"}),
        (ContentProfile.FULL, {"summary": "요약", "content_html": "<p>본문</p>"}),
    ],
)
def test_content_profile_decides_the_texts(content: ContentProfile, texts: dict[str, str]) -> None:
    told = rendered(content=content)["data"]["article"]
    assert {key: told[key] for key in ("summary", "content_html") if key in told} == texts


@pytest.mark.parametrize("content", ContentProfile)
def test_withdrawal_carries_none_of_the_words(content: ContentProfile) -> None:
    told = rendered(EventType.ARTICLE_WITHDRAWN, replace(ARTICLE, state=ArticleState.WITHDRAWN), content)
    assert told["data"] == {"site": told["data"]["site"], "sequence": 42, "article": WITHDRAWN}


def test_late_retry_of_an_earlier_event_does_not_spread_a_withdrawn_text() -> None:
    told = rendered(EventType.ARTICLE_PUBLISHED, replace(ARTICLE, state=ArticleState.WITHDRAWN), ContentProfile.FULL)
    assert told["type"] == "article.published"
    assert told["data"]["article"] == WITHDRAWN


@pytest.mark.parametrize(("kind", "breaking"), [(EventType.BREAKING_ENDED, True), (EventType.ARTICLE_PUBLISHED, False)])
def test_nothing_breaks_after_the_end_or_without_the_flag(kind: EventType, breaking: bool) -> None:
    assert rendered(kind, breaking=breaking)["data"]["article"]["breaking"] is None


def test_correction_carries_its_note() -> None:
    told = rendered(EventType.ARTICLE_CORRECTED, article(correction_note="이름을 바로잡습니다"))
    assert told["data"]["article"]["correction_note"] == "이름을 바로잡습니다"


def test_overlong_payload_gives_up_texts_but_never_the_link() -> None:
    told = render(event(), SITE, article(summary="요" * 20_000, tags=("태그" * 5_000,)), ContentProfile.SUMMARY, "")
    assert len(told) < MAX_PAYLOAD_BYTES
    data = json.loads(told)["data"]
    assert "summary" not in data["article"]
    assert "tags" not in data["article"]
    assert data["article"]["categories"] == ["정치"]
    assert data["link"]["url"] == URL


def test_full_text_may_be_long() -> None:
    told = rendered(of=article(html="<p>" + "글" * 20_000 + "</p>"), content=ContentProfile.FULL)
    assert len(told["data"]["article"]["content_html"]) > 20_000


@pytest.mark.parametrize(
    ("url", "title", "rel", "expected"),
    [
        ("https://a.example/", "제목", "", '<a href="https://a.example/">제목</a>'),
        ("https://a.example/?a=1&b=2", "제목", "noopener", '<a href="https://a.example/?a=1&amp;b=2" rel="noopener">제목</a>'),
        ("https://a.example/", "</a><script>", "a", '<a href="https://a.example/" rel="a">&lt;/a&gt;&lt;script&gt;</a>'),
        ('x"onclick="y', "'", 'a"b', '<a href="x&quot;onclick=&quot;y" rel="a&quot;b">&#x27;</a>'),
    ],
)
def test_snippet_escapes_everything(url: str, title: str, rel: str, expected: str) -> None:
    assert snippet(url, title, rel) == expected


def test_what_is_too_long_goes_and_nothing_else() -> None:
    authors = tuple(Author("기자", f"https://a.example/{'x' * 1_000}") for _ in range(30))
    told = rendered(of=article(authors=authors, correction_note="날짜를 고쳤습니다"))["data"]["article"]
    assert "authors" not in told
    assert (told["correction_note"], told["summary"], told["categories"]) == ("날짜를 고쳤습니다", "요약", ["정치"])
