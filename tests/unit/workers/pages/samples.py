"""Sites and articles to render: a plain one, a Jekyll post with its editor's colours, and one with all that HTML offers."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from lxml import html

from sokbo.domain.article import Article, ArticleState, Author, Content, Image
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.domain.site import Site, StandingLink

PUBLISHED = datetime(2026, 11, 21, 22, 32, 5, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3] / "fixtures"

KOREAN_SITE = Site(
    SiteId(1),
    "wave",
    "물결신문",
    "https://wave.example",
    PUBLISHED,
    description="남해안 소식",
    footer="발행인 김물결",
    standing_link=StandingLink("실시간 뉴스 속보는,", "https://newsdao.kr"),
)
ENGLISH_SITE = replace(KOREAN_SITE, title="The Harbour Post", language="en-GB", timezone="Europe/London")

PLAIN = Article(
    ArticleId("0193-a"),
    SiteId(1),
    7,
    "도서관-밤-열-시까지-연다",
    1,
    ArticleState.PUBLISHED,
    Content(
        title="도서관 밤 열 시까지 연다",
        html="<p>시립 도서관 네 곳이 밤 열 시까지 문을 연다.</p>",
        text="시립 도서관 네 곳이 밤 열 시까지 문을 연다.",
        summary="두 곳은 일요일에도 쉬지 않는다.",
        categories=("정치", "문화"),
        tags=("도서관",),
        authors=(Author("이솔"),),
        image=Image("https://wave.example/library.jpg", "불 켜진 도서관"),
    ),
    created_at=PUBLISHED,
    modified_at=PUBLISHED,
    published_at=PUBLISHED,
)


def jekyll_article() -> Article:
    """A post as a Jekyll site holds it, with its image's URL made absolute."""
    _, front_matter, body = (FIXTURES / "jekyll-post.md").read_text("utf-8").split("---\n", 2)
    fields = yaml.safe_load(front_matter)
    image = KOREAN_SITE.base_url + fields["image"]
    content = replace(
        PLAIN.content,
        title=fields["title"],
        html=body.replace(fields["image"], image),
        summary=fields["excerpt"].strip(),
        categories=tuple(fields["categories"]),
        image=Image(image),
    )
    return replace(PLAIN, content=content)


def parse_page(page: bytes) -> Any:
    """The page's tree; without a type, since xpath() answers with nearly any."""
    return html.document_fromstring(page)


def rich_article() -> Article:
    """A corrected article with list, table, quotation, code, long words and colours within colours."""
    body = (FIXTURES / "rich-article.html").read_text("utf-8")
    return replace(PLAIN, content=replace(PLAIN.content, html=body, correction_note="인력은 8명이 아니라 11명입니다."))
