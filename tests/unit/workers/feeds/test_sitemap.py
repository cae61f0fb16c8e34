"""Lines of sitemaps say what search engines take, and are kept: but not from one site, or state of an article, to another."""

from dataclasses import replace

import pytest

from sokbo.domain.archive import ArchivedArticle
from tests.unit.workers.feeds.articles import ENGLISH, PUBLISHED, SITE
from workers.feeds import NEWS_SITEMAP, SITEMAP, Linked

ARTICLE = ArchivedArticle(1, "slug", "제목", None, PUBLISHED, PUBLISHED)
PAGE = Linked("feeds", PUBLISHED)


def test_each_site_has_lines_of_its_own() -> None:
    elsewhere = replace(ENGLISH, base_url="https://news.example")
    for site in (SITE, elsewhere, SITE):
        news, pages = NEWS_SITEMAP.document(site, [ARTICLE]).decode(), SITEMAP.document(site, [PAGE]).decode()
        assert f"<loc>{site.base_url}/1/slug</loc>" in news
        assert f"<news:name>{site.title}</news:name><news:language>{site.language}</news:language>" in news
        assert f"<loc>{site.base_url}/feeds</loc>" in pages


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("en-GB", "en"),
        ("fil", "fil"),
        ("zh", "zh-cn"),
        ("zh-CN", "zh-cn"),
        ("zh-Hans-HK", "zh-cn"),
        ("zh-Hant", "zh-tw"),
        ("zh-TW", "zh-tw"),
        ("zh-HK", "zh-tw"),
        ("zh-MO", "zh-tw"),
    ],
)
def test_news_language_is_one_that_google_takes(tag: str, told: str) -> None:
    news = NEWS_SITEMAP.document(SITE, [replace(ARTICLE, language=tag)]).decode()
    assert f"<news:language>{told}</news:language>" in news


def test_renamed_site_and_article_have_new_lines() -> None:
    assert "경남진" in NEWS_SITEMAP.document(SITE, [ARTICLE]).decode()
    renamed = NEWS_SITEMAP.document(replace(SITE, title="새 이름"), [replace(ARTICLE, title="새 제목")]).decode()
    assert "<news:name>새 이름</news:name>" in renamed
    assert "<news:title>새 제목</news:title>" in renamed
