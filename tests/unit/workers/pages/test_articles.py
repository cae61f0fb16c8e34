import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sokbo.domain.article import Article, Author, Image
from sokbo.domain.lead_image import lead_image
from sokbo.domain.site import Site
from tests.unit.workers.pages.samples import parse_page
from workers.pages.renderer import PageRenderer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOSTILE = """</title></script><script>alert(1)</script>"'&<img src=x onerror=alert(2)>{{ 7*7 }}<!--strip-->"""


@pytest.fixture
def page(renderer: PageRenderer, site: Site) -> Callable[[Article], Any]:
    def render(article: Article) -> Any:
        return parse_page(source(renderer, site, article))

    return render


def source(renderer: PageRenderer, site: Site, article: Article) -> bytes:
    shell = renderer.card_and_page(site, article, lead_image(site, article.content, {}), now=NOW)[1]
    return b"".join(shell.head_parts) + shell.separator + shell.tail + b"<i>strip</i>" + shell.closing


def linked_data(page: Any) -> Any:
    (script,) = page.xpath("//script")
    return json.loads(script.text)


Page = Callable[[Article], Any]
Change = Callable[..., Article]


def test_article_page_has_the_landmarks_of_a_page(page: Page, article: Article) -> None:
    tree = page(article)
    assert tree.get("lang") == "ko"
    for landmark in ("//body/header", "//nav[@aria-label]", "//main[@id='main']/article", "//body/footer", "//a[@href='#main']"):
        assert len(tree.xpath(landmark)) == 1, landmark
    assert [heading.text_content() for heading in tree.xpath("//h1")] == ["도서관 밤 열 시까지 연다"]
    assert tree.xpath("string(//footer)").split()[0] == "strip"


def test_article_page_says_the_same_to_engines_as_to_people(page: Page, article: Article) -> None:
    tree = page(article)
    url = "https://wave.example/7/%EB%8F%84%EC%84%9C%EA%B4%80-%EB%B0%A4-%EC%97%B4-%EC%8B%9C%EA%B9%8C%EC%A7%80-%EC%97%B0%EB%8B%A4"
    assert tree.xpath("string(//title)") == "도서관 밤 열 시까지 연다 - 물결신문"
    assert tree.xpath("string(//link[@rel='canonical']/@href)") == url
    assert tree.xpath("string(//meta[@property='og:url']/@content)") == url
    assert tree.xpath("//meta[@property='article:section']/@content") == ["정치", "문화"]
    assert tree.xpath("string(//meta[@property='article:published_time']/@content)") == "2026-11-21T22:32:05+00:00"
    assert linked_data(tree) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": url,
        "headline": "도서관 밤 열 시까지 연다",
        "description": "두 곳은 일요일에도 쉬지 않는다.",
        "inLanguage": "ko",
        "datePublished": "2026-11-21T22:32:05+00:00",
        "dateModified": "2026-11-21T22:32:05+00:00",
        "author": [{"@type": "Person", "name": "이솔"}],
        "publisher": {"@type": "NewsMediaOrganization", "name": "물결신문", "url": "https://wave.example/"},
        "image": "https://wave.example/library.jpg",
        "articleSection": ["정치", "문화"],
        "keywords": ["도서관"],
    }


def test_sites_logo_is_told_to_engines_alone(renderer: PageRenderer, site: Site, article: Article) -> None:
    logo = "https://wave.example/logo.png"
    page = source(renderer, replace(site, logo=logo), article)

    assert linked_data(parse_page(page))["publisher"]["logo"] == logo
    assert page.replace(f', "logo": "{logo}"'.encode(), b"") == source(renderer, site, article)


def test_canonical_url_is_the_publishers_where_one_is_given(page: Page, with_content: Change) -> None:
    tree = page(with_content(canonical_url="https://elsewhere.example/1"))
    assert tree.xpath("string(//link[@rel='canonical']/@href)") == "https://elsewhere.example/1"


def test_article_page_links_to_the_pages_and_feeds_it_is_in(page: Page, article: Article) -> None:
    tree = page(article)
    assert tree.xpath("//article//a[@rel='author']/@href") == ["https://wave.example/author/%EC%9D%B4%EC%86%94"]
    assert tree.xpath("//article//a[@rel='tag']/@href") == ["https://wave.example/tag/%EB%8F%84%EC%84%9C%EA%B4%80"]
    assert tree.xpath("//link[@rel='alternate']/@href") == [f"https://wave.example/feed.{end}" for end in ("rss", "atom", "json")]


def test_author_without_letters_is_named_without_a_link(page: Page, with_content: Change) -> None:
    tree = page(with_content(authors=(Author("★"),)))
    assert tree.xpath("//article//*[@class='byline'][not(@href)]/text()") == ["★"]


def test_hostile_words_stay_words(renderer: PageRenderer, site: Site, with_content: Change) -> None:
    article = with_content(
        title=HOSTILE,
        summary=HOSTILE,
        categories=(HOSTILE,),
        tags=(HOSTILE,),
        authors=(Author(HOSTILE, HOSTILE),),
        image=Image(HOSTILE, HOSTILE),
        correction_note=HOSTILE,
        language=HOSTILE,
        canonical_url=HOSTILE,
    )
    hostile_site = replace(site, title=HOSTILE, description=HOSTILE, footer=HOSTILE)
    page = source(renderer, hostile_site, article)
    tree = parse_page(page)
    assert page.count(b"<script") == 1
    assert not tree.xpath("//@onerror")
    assert linked_data(tree)["headline"] == HOSTILE
    assert tree.xpath("string(//h1)") == HOSTILE
    assert tree.xpath("string(//*[@class='footer-text'])") == HOSTILE
    assert len(tree.xpath("//footer//i")) == 1


def test_times_are_told_in_the_sites_zone_and_language(
    renderer: PageRenderer, english_site: Site, page: Page, article: Article
) -> None:
    (korean,) = page(article).xpath("//article//time")
    assert korean.get("datetime") == "2026-11-22T07:32:05+09:00"
    assert korean.text == "2026년 11월 22일 오전 7:32"
    (english,) = parse_page(source(renderer, english_site, article)).xpath("//article//time")
    assert english.get("datetime") == "2026-11-21T22:32:05+00:00"
    assert " ".join(english.text.split()) == "21 November 2026, 22:32"


def test_later_edition_shows_when_it_was_made(page: Page, article: Article) -> None:
    tree = page(replace(article, modified_at=article.modified_at + timedelta(hours=2)))
    assert [time.text for time in tree.xpath("//article//time")] == ["2026년 11월 22일 오전 7:32", "2026년 11월 22일 오전 9:32"]
    assert tree.xpath("//meta[@property='article:modified_time']")


def test_edition_within_the_minute_shows_one_time(page: Page, article: Article) -> None:
    tree = page(replace(article, modified_at=article.modified_at + timedelta(seconds=20)))
    assert len(tree.xpath("//article//time")) == 1


def test_correction_is_in_sight(page: Page, with_content: Change) -> None:
    tree = page(with_content(correction_note="8명이 아니라 11명입니다."))
    (note,) = tree.xpath("//article/aside[@aria-labelledby='correction']")
    assert note.text_content().split("\n")[1:3] == ["바로잡습니다", "8명이 아니라 11명입니다."]


def test_image_is_shown_with_its_description(page: Page, article: Article) -> None:
    (image,) = page(article).xpath("//article//img")
    assert (image.get("src"), image.get("alt")) == ("https://wave.example/library.jpg", "불 켜진 도서관")


def test_image_is_not_shown_again_where_the_content_begins_with_it(page: Page, with_content: Change) -> None:
    content = '<p><img alt="항구" src="https://wave.example/a.jpg?x=1&amp;y=2"></p><p>배</p>'
    tree = page(with_content(html=content, image=Image("https://wave.example/a.jpg?x=1&y=2")))
    assert tree.xpath("//article//img/@alt") == ["항구"]


def test_summary_cut_from_the_text_is_not_read_twice(page: Page, with_content: Change) -> None:
    sentence = "시립 도서관 네 곳이 내년 봄부터 밤 열 시까지 문을 열고, 두 곳은 일요일에도 쉬지 않는다고 시가 밝혔다."
    text = f"무엇이 달라지나\n{sentence}"
    assert page(with_content(text=text)).xpath("//p[@class='standfirst']")
    assert not page(with_content(text=text, summary=sentence[:45] + "…")).xpath("//p[@class='standfirst']")


def test_badge_is_shown_while_the_article_is_breaking(page: Page, article: Article) -> None:
    assert page(replace(article, breaking_until=NOW + timedelta(hours=1))).xpath("//*[@class='badge']/text()") == ["속보"]
    assert not page(replace(article, breaking_until=NOW)).xpath("//*[@class='badge']")


def test_article_in_another_language_says_so(page: Page, with_content: Change) -> None:
    assert page(with_content(language="en")).xpath("string(//article/@lang)") == "en"
    assert not page(with_content(language="ko")).xpath("//article/@lang")


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [
        ("ar", "APEC", "rtl"),
        ("he-IL", "حبر", "rtl"),
        (None, "7: «مرفأ»", "rtl"),
        (None, "항구 مرفأ", ""),
        (None, "2026", ""),
        ("en", "Harbour", ""),
        ("ko", "מנמל", ""),
    ],
)
def test_article_written_from_the_right_is_laid_out_from_there(
    renderer: PageRenderer, site: Site, with_content: Change, language: str | None, title: str, direction: str
) -> None:
    card, shell = renderer.card_and_page(site, with_content(language=language, title=title), now=NOW)
    for tree in (parse_page(card), parse_page(b"".join(shell.head_parts) + shell.closing)):
        assert tree.xpath("string(//article/@dir)") == direction


def test_pages_of_a_site_written_from_the_right_begin_there(renderer: PageRenderer, site: Site, with_content: Change) -> None:
    page = parse_page(source(renderer, replace(site, language="ar"), with_content(language="ko")))
    assert (page.get("dir"), page.xpath("string(//article/@dir)")) == ("rtl", "ltr")
    assert parse_page(source(renderer, site, with_content())).get("dir") is None


def test_withdrawn_page_holds_nothing_of_the_article(renderer: PageRenderer, site: Site, article: Article) -> None:
    shell = renderer.withdrawn(site, article)
    page = b"".join(shell.head_parts) + shell.closing
    assert "철회된 기사입니다" in page.decode()
    for word in (article.content.title, article.slug, "도서관", "이솔", "정치", "library.jpg", site.url(article.path)):
        assert word not in page.decode()
    assert parse_page(page).xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_same_article_makes_the_same_bytes(site: Site, article: Article) -> None:
    assert source(PageRenderer(), site, article) == source(PageRenderer(), site, article)


def test_writer_of_two_sites_is_linked_within_each(renderer: PageRenderer, site: Site, article: Article) -> None:
    other = replace(site, base_url="https://other.example")
    for shown in (site, other, site):
        (link,) = parse_page(renderer.card_and_page(shown, article, now=NOW)[0]).xpath("//a[@rel='author']")
        assert link.get("href") == f"{shown.base_url}/author/%EC%9D%B4%EC%86%94"


def test_writers_name_is_text_in_the_byline(renderer: PageRenderer, site: Site, with_content: Change) -> None:
    card = renderer.card_and_page(site, with_content(authors=(Author(HOSTILE), Author("<i>&</i>"))), now=NOW)[0]
    assert [name.text for name in parse_page(card).xpath("//*[@class='byline']")] == [HOSTILE, "<i>&</i>"]
