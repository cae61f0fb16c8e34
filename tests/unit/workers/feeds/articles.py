"""Sites and articles for the feed tests: a plain one, and those that have broken other people's feeds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sokbo.domain.article import Article, ArticleState, Author, Content, Image
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.domain.site import Site, StandingLink

PUBLISHED = datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)
SITE = Site(
    SiteId(7),
    "gnj",
    "경남진",
    "https://gnj.example.kr",
    datetime(2026, 1, 1, tzinfo=UTC),
    description="경남의 오늘을 전합니다",
    standing_link=StandingLink("실시간 뉴스 속보는,", "https://newsdao.example.kr"),
)
ENGLISH = replace(SITE, id=SiteId(8), name="news", title="News", language="en", description="")
WITH_LOGO = replace(SITE, logo="https://gnj.example.kr/%EB%A1%9C%EA%B3%A0.png?a=1&b=2")
POLITICS = Listing(ListingKind.CATEGORY, "정치", "정치")


def article(number: int = 1, **content: Any) -> Article:
    """A published article; `content` replaces fields of its Content, or of the article where Content has none such."""
    own = {name: content.pop(name) for name in list(content) if name in Article.__slots__}
    words = {"title": "제목", "html": "<p>본문</p>", "text": "본문", "summary": "요약"} | content
    made = Article(
        id=ArticleId(f"0195a6f0-0000-7000-8000-{number:012}"),
        site_id=SITE.id,
        number=number,
        slug="제목",
        revision=1,
        state=ArticleState.PUBLISHED,
        content=Content(**words),
        created_at=PUBLISHED,
        modified_at=PUBLISHED,
        published_at=PUBLISHED,
    )
    return replace(made, **own)


_CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "cdata-end": {"title": "a ]]> b", "html": "<p>x ]]&gt; ]]> y</p>", "summary": "]]>"},
    "cdata-start": {"html": "<p>&lt;![CDATA[ <![CDATA[</p>", "summary": "<![CDATA[x]]>"},
    "ampersand": {"title": "AT&T, R&D", "summary": "Q&A", "html": "<p>AT&amp;T</p>"},
    "entity-in-summary": {"summary": "how to write &amp; and &lt;b&gt;"},
    "entity-in-html": {"html": "<p>&amp;amp; &nbsp; &copy;</p>"},
    "references-in-title": {"title": "&amp;amp; &lt;b&gt; &#38; AT&T"},
    "reference-without-end": {
        "title": "S&P500지수 사상 최고",
        "summary": "S&P500 &amp",
        "tags": ("S&P500", "a<b"),
        "categories": ("R&D1",),
        "authors": (Author("S&P500 <팀"),),
        "image": Image("https://gnj.example.kr/img/a.jpg", "S&P500 <b"),
    },
    "less-than": {"title": "3 < 4 > 2", "summary": "3 < 4 > 2", "html": "<p>3 &lt; 4</p>"},
    "html-in-title": {"title": "<b>굵은</b> 제목"},
    "generics-in-title": {"title": "Map<String, List<T>> 에서 </T> 까지", "summary": "a <T> b </T> & <c"},
    "script-in-title": {"title": "<script>alert(1)</script>제목"},
    "words-about-html": {"title": "How <video> works"},
    "html-in-summary": {"summary": "<p>문단 <a href='x'>링크</a></p>"},
    "quotes": {"title": "\"그는\" '말했다'", "authors": (Author("김 \"기자\" 'K'"),)},
    "emoji": {"title": "🚨 속보 👩‍👩‍👧 🇰🇷", "summary": "🔥", "html": "<p>🎉</p>"},
    "right-to-left": {"title": "خبر عاجل \u202eabc\u202c", "html": "<p dir='rtl'>عاجل</p>", "language": "ar"},
    "nul": {"title": "a\x00b", "html": "<p>\x00</p>", "text": "\x00", "summary": "c\x00"},
    "controls": {"title": "a\x01\x08\x0b\x0c\x1fb", "html": "<p>\x1b[0m</p>", "summary": "\x7f\x0e"},
    "c1-controls": {"title": "a\x80\x85\x9fb", "html": "<p>\x93quoted\x94</p>"},
    "lone-surrogates": {"title": "a\ud83db", "html": "<p>\udc00</p>", "text": "\udfff", "summary": "\ud800"},
    "surrogate-in-author": {"authors": (Author("김\ud800", "https://a.example/\udc00"),)},
    "controls-in-labels": {"categories": ("정\x00치", "\x01"), "tags": ("\ufffe", "태\x0b그")},
    "noncharacters": {"title": "a\ufffe\uffff\ufdd0\ufdef\U0001fffe\U0010ffffb", "html": "<p>\ufffe\ufdd0</p>"},
    "replacement-character": {"title": "a\ufffdb", "html": "<p>\ufffd</p>"},
    "line-separators": {"title": "a\u2028b\u2029c", "text": "a\r\nb\rc\n", "html": "<p>a\r\nb\rc</p>"},
    "newlines-in-title": {"title": "  한 줄\n두 줄\t탭  "},
    "empty-summary": {"summary": "", "text": "본문의 첫 문장이다. " * 60},
    "empty-everything": {"title": "", "summary": "", "text": "", "html": ""},
    "only-controls": {"title": "\x00", "summary": "\x01", "text": "\x02", "html": "\x03"},
    "no-slug": {"slug": ""},
    "hangul-everywhere": {"slug": "아세안-포럼", "categories": ("정치", "국제 외교"), "tags": ("아세안",)},
    "decomposed-hangul": {"title": "\u1112\u1161\u11ab\u1100\u1173\u11af", "categories": ("\u110c\u1165\u11bc\u110e\u1175",)},
    "many-labels": {"categories": tuple(f"분류 {n}" for n in range(40)), "tags": tuple(f"태그{n}" for n in range(200))},
    "labels-twice": {"categories": ("정치", "정치", "APEC"), "tags": ("apec", "정치")},
    "labels-without-slug": {"categories": ("!!!", "🔥"), "tags": ("&<>\"'",)},
    "many-authors": {"authors": (Author("김기자", "https://gnj.example.kr/@김"), Author("Lee"), Author(" "))},
    "email-of-author": {"authors": (Author("박", email="park@example.kr"),)},
    "markup-in-author": {"authors": (Author("<i>최</i> & 정"),)},
    "image-with-hangul": {"image": Image("https://gnj.example.kr/사진 (1)[2].jpg?w=1&h=2#가", "설명")},
    "canonical": {"canonical_url": "https://other.example/기사?a=1&b=2"},
    "correction": {"correction_note": "«3명»은 <5명>입니다 & 사과드립니다", "revision": 2},
    "english-correction": {"correction_note": "It was 5", "language": "en-GB"},
    "breaking": {"breaking_until": PUBLISHED + timedelta(hours=6)},
    "million-bytes": {"html": "<p>" + "가나다 ]]> &amp; " * 50_000 + "</p>", "text": "가나다 ]]> & " * 60_000, "summary": ""},
    "year-1970": {"published_at": datetime(1970, 1, 1, tzinfo=UTC)},
    "no-time-zone": {"published_at": PUBLISHED.replace(tzinfo=None), "modified_at": PUBLISHED.replace(tzinfo=None)},
    "other-time-zone": {"published_at": PUBLISHED.astimezone(timezone(timedelta(hours=9)))},
    "microseconds": {"modified_at": PUBLISHED + timedelta(microseconds=654321)},
    "modified-later": {"modified_at": PUBLISHED + timedelta(days=1)},
    "modified-before-published": {"modified_at": PUBLISHED - timedelta(days=1)},
}


def apart(articles: Iterable[Article]) -> list[Article]:
    """The same, each with a time of its own to the microsecond, as articles of one second are given."""
    return [
        replace(each, modified_at=each.modified_at + timedelta(microseconds=index))
        for index, each in enumerate(articles, start=1)
    ]


NASTY = {name: article(number, **fields) for number, (name, fields) in enumerate(_CASES.items(), start=1)}
