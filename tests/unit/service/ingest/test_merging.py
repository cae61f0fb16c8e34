"""An article as input fields, and JSON merge patches to it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ingest import merge, parse, representation
from sokbo.domain.article import BREAKING_LASTS, Article, ArticleState, Author, Content, Draft, Image
from sokbo.domain.ids import ArticleId
from sokbo.domain.site import Site
from sokbo.errors import BadRequest, Invalid

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def article(site: Site) -> Article:
    content = Content(
        title="제목",
        html="<p>본문이다.</p>",
        text="본문이다.",
        summary="본문이다.",
        categories=("정치",),
        tags=("a", "b"),
        authors=(Author("김기자", None, "kim@example.kr"),),
        image=Image("https://news.example.kr/a.png", "그림"),
        canonical_url="https://origin.example.kr/1",
        related=("https://news.example.kr/1",),
        extra={"layout": "post", "deep": {"a": 1, "b": 2}},
    )
    return Article(
        ArticleId("x"), site.id, 7, "제목", 2, ArticleState.PUBLISHED, content, NOON, NOON, NOON, "cms-7", breaking_until=NOON
    )


def patched(article: Article, site: Site, **patch: Any) -> Draft:
    return merge(article, json.dumps(patch).encode(), site)


def test_representation_posted_again_is_the_same_article(article: Article, site: Site) -> None:
    draft = parse("application/json", json.dumps(representation(article)).encode(), site)
    assert draft.content == article.content
    assert (draft.slug, draft.published_at, draft.breaking_until, draft.external_id) == ("제목", NOON, NOON, "cms-7")


def test_empty_patch_changes_nothing(article: Article, site: Site) -> None:
    draft = patched(article, site)
    assert draft == Draft(article.content, "제목", "cms-7", NOON, draft=False, breaking=True, breaking_until=NOON)


def test_patch_replaces_adds_and_removes(article: Article, site: Site) -> None:
    content = patched(article, site, title="새 제목", image=None, tags=["c"], extra={"layout": None, "deep": {"b": 3}}).content
    assert (content.title, content.image, content.tags) == ("새 제목", None, ("c",))
    assert content.extra == {"deep": {"a": 1, "b": 3}}
    assert content.html == article.content.html


def test_made_summary_follows_new_content(article: Article, site: Site) -> None:
    assert patched(article, site, content="<p>새 글이다.</p>").content.summary == "새 글이다."


def test_given_summary_stays_with_new_content(article: Article, site: Site) -> None:
    article = replace(article, content=replace(article.content, summary="요약"))
    assert patched(article, site, markdown="새 글이다.").content.summary == "요약"


def test_markdown_and_author_take_the_place_of_content_and_authors(article: Article, site: Site) -> None:
    content = patched(article, site, markdown="*새 글*", author="이기자").content
    assert (content.html, content.authors) == ("<p><em>새 글</em></p>", (Author("이기자"),))


def test_saying_breaking_again_ends_the_old_time(article: Article, site: Site) -> None:
    assert patched(article, site, breaking=False).breaking_until is None
    assert patched(article, site, breaking=True).breaking_until is None


@pytest.mark.parametrize("state", [ArticleState.DRAFT, ArticleState.SCHEDULED])
def test_end_that_nobody_said_follows_the_publication(article: Article, site: Site, state: ArticleState) -> None:
    planned = NOON + timedelta(days=1)
    unsaid = replace(article, state=state, published_at=planned, breaking_until=planned + BREAKING_LASTS)
    said = replace(unsaid, breaking_until=planned + timedelta(hours=1))
    assert patched(unsaid, site, published_at=NOON.isoformat()).breaking_until is None
    assert patched(said, site, published_at=NOON.isoformat()).breaking_until == said.breaking_until
    assert patched(unsaid, site, published_at=NOON.isoformat()).breaking


def test_end_that_nobody_said_stays_once_the_article_is_out(article: Article, site: Site) -> None:
    article = replace(article, published_at=NOON, breaking_until=NOON + BREAKING_LASTS)
    assert patched(article, site, title="x").breaking_until == NOON + BREAKING_LASTS


def test_draft_stays_a_draft_until_it_is_said_otherwise(article: Article, site: Site) -> None:
    article = replace(article, state=ArticleState.DRAFT)
    assert patched(article, site, title="x").draft
    assert not patched(article, site, draft=False).draft


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        ({"title": None}, {"title"}),
        ({"content": None}, {"content"}),
        ({"title": "", "tags": "x", "unknown": 1}, {"title", "tags", "unknown"}),
        ({"breaking": False, "breaking_until": "2026-11-21T12:00:00Z"}, {"breaking_until"}),
    ],
)
def test_patch_is_held_to_the_same_rules(article: Article, site: Site, patch: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        patched(article, site, **patch)
    assert {error.field for error in caught.value.errors} == fields


def test_what_only_answers_say_is_no_change(article: Article, site: Site) -> None:
    answered = {"id": "y", "number": 9, "revision": 9, "state": "draft", "modified_at": None, "url": "x", "urls": {}}
    assert patched(article, site, **answered) == patched(article, site)


def test_patch_that_is_no_object_is_a_bad_request(article: Article, site: Site) -> None:
    with pytest.raises(BadRequest):
        merge(article, b"[]", site)
