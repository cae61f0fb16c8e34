from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import html

from sokbo.domain.article import Article
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.domain.site import Site, StandingLink
from tests.unit.workers.pages.samples import PUBLISHED, parse_page
from workers.pages.renderer import PageRenderer

CATEGORY = Listing(ListingKind.CATEGORY, "정치", "정치")
TAG = Listing(ListingKind.TAG, "apec", "APEC")


def listing_page(renderer: PageRenderer, site: Site, listing: Listing, *articles: Article) -> Any:
    updated = max((article.modified_at for article in articles), default=None)
    shell = renderer.listing(site, listing, updated)
    cards = shell.separator.join(renderer.card_and_page(site, article, now=PUBLISHED)[0] for article in articles)
    return parse_page(b"".join(shell.head_parts) + cards + shell.tail + renderer.breaking_strip(site, articles) + shell.closing)


def strip_links(strip: bytes) -> list[tuple[str, str, str]]:
    return [(a.text, a.get("href"), a.get("rel")) for a in html.fragment_fromstring(strip.decode()).xpath("//a")]


def test_cards_stand_in_the_list_in_the_order_given(renderer: PageRenderer, site: Site, article: Article) -> None:
    tree = listing_page(renderer, site, SITE_LISTING, article, replace(article, number=6))
    cards = tree.xpath("//main/div[contains(@class, 'cards')]/article")
    assert [card.xpath("string(.//h2/a/@href)").split("/")[3] for card in cards] == ["7", "6"]
    assert cards[0].xpath("string(.//time/@datetime)") == "2026-11-22T07:32:05+09:00"


def test_card_of_a_breaking_article_is_marked_until_its_end(renderer: PageRenderer, site: Site, article: Article) -> None:
    breaking = replace(article, breaking_until=PUBLISHED + timedelta(hours=6))
    before, after = (
        html.fragment_fromstring(renderer.card_and_page(site, breaking, now=now)[0].decode())
        for now in (PUBLISHED, PUBLISHED + timedelta(hours=6))
    )
    assert before.xpath("string(.//p[@class='kicker']/strong)") == "속보"
    assert after.xpath(".//strong") == []


@pytest.mark.parametrize(
    ("listing", "heading", "path"),
    [
        (SITE_LISTING, "물결신문", ""),
        (BREAKING_LISTING, "속보", "breaking"),
        (CATEGORY, "정치", "category/%EC%A0%95%EC%B9%98"),
        (TAG, "#APEC", "tag/apec"),
        (Listing(ListingKind.AUTHOR, "이솔", "이솔"), "이솔", "author/%EC%9D%B4%EC%86%94"),
    ],
)
def test_each_listing_has_its_name_and_address(
    renderer: PageRenderer, site: Site, article: Article, listing: Listing, heading: str, path: str
) -> None:
    tree = listing_page(renderer, site, listing, article)
    assert [title.text_content() for title in tree.xpath("//h1")] == [heading]
    assert tree.xpath("//link[@rel='canonical']/@href") == [f"https://wave.example/{path}"]


def test_listing_offers_the_sites_feeds_and_its_own(renderer: PageRenderer, site: Site) -> None:
    links = listing_page(renderer, site, TAG).xpath("//link[@rel='alternate']")
    assert [(link.get("href").removeprefix("https://wave.example/"), link.get("type")) for link in links] == [
        ("feed.rss", "application/rss+xml"),
        ("feed.atom", "application/atom+xml"),
        ("feed.json", "application/feed+json"),
        ("tag/apec.rss", "application/rss+xml"),
        ("tag/apec.atom", "application/atom+xml"),
        ("tag/apec.json", "application/feed+json"),
    ]
    assert len(listing_page(renderer, site, SITE_LISTING).xpath("//link[@rel='alternate']")) == 3


def test_empty_listing_says_that_it_is_empty(renderer: PageRenderer, site: Site, english_site: Site, article: Article) -> None:
    assert listing_page(renderer, site, BREAKING_LISTING).xpath("//p[@class='empty']/text()") == ["지금은 속보가 없습니다."]
    assert listing_page(renderer, english_site, TAG).xpath("//p[@class='empty']/text()") == ["There are no articles here yet."]
    assert not listing_page(renderer, site, TAG, article).xpath("//p[@class='empty']")


def test_hostile_card_stays_text(renderer: PageRenderer, site: Site, with_content: Callable[..., Article]) -> None:
    hostile = "</a><script>alert(1)</script>\" onmouseover='x'<!--cards-->"
    card = html.fragment_fromstring(
        renderer.card_and_page(site, with_content(title=hostile, summary=hostile), now=PUBLISHED)[0].decode()
    )
    assert card.xpath("string(.//h2)") == hostile
    assert not card.xpath("//script | //@onmouseover")


def test_unknown_language_is_answered_in_english(renderer: PageRenderer, site: Site) -> None:
    tree = listing_page(renderer, replace(site, language="tlh"), BREAKING_LISTING)
    assert tree.xpath("string(//h1)") == "Breaking news"


def test_feeds_page_gives_each_feed_in_each_format(renderer: PageRenderer, site: Site) -> None:
    shell = renderer.feeds(site, [SITE_LISTING, BREAKING_LISTING, CATEGORY])
    tree = parse_page(b"".join(shell.head_parts) + shell.closing)
    assert [title.text_content() for title in tree.xpath("//p[@class='feed-title']")] == ["물결신문", "속보", "정치"]
    assert tree.xpath("//code/text()")[2] == "https://wave.example/category/%EC%A0%95%EC%B9%98.rss"
    assert [link.text for link in tree.xpath("//div[@class='feed'][1]/p[@class='formats']/a")][:3] == ["RSS", "Atom", "JSON Feed"]
    assert tree.xpath("//main//h2/text()") == ["분야"]


def test_feeds_page_has_all_feeds_in_one_file_for_readers(renderer: PageRenderer, site: Site, english_site: Site) -> None:
    for each, said in ((site, "모든 피드를 담은 파일(OPML)"), (english_site, "All feeds in one file (OPML)")):
        shell = renderer.feeds(each, [SITE_LISTING])
        [link] = parse_page(b"".join(shell.head_parts) + shell.closing).xpath("//main//a[@type='text/x-opml']")
        assert (link.get("href"), link.text) == (f"{each.base_url}/feeds.opml", said)


def test_strip_leads_to_the_first_three_that_are_breaking(renderer: PageRenderer, site: Site, article: Article) -> None:
    strip = renderer.breaking_strip(site, [replace(article, number=number, slug="") for number in (9, 8, 7, 6)])
    assert strip_links(strip) == [(article.content.title, f"https://wave.example/{n}", "noopener") for n in (9, 8, 7)]
    assert strip.decode().startswith('<span class="sokbo-breaking" lang="ko"><strong>속보</strong> ')


MARKED = [
    "[속보] 여객선 운항 재개",
    "【속보】여객선 운항 재개",
    "[Breaking] Ferries sail again",
    "(BREAKING NEWS) Ferries sail again",
]


@pytest.mark.parametrize("title", MARKED)
def test_title_that_says_itself_that_it_is_breaking_stands_without_the_badge(
    renderer: PageRenderer, site: Site, with_content: Callable[..., Article], title: str
) -> None:
    breaking = replace(with_content(title=title), breaking_until=PUBLISHED + timedelta(hours=6))
    card, shell = renderer.card_and_page(site, breaking, now=PUBLISHED)
    page = b"".join([*shell.head_parts, shell.closing])
    for tree, name in ((html.fragment_fromstring(card.decode()), "h2"), (parse_page(page), "h1")):
        assert tree.xpath(f"string(.//{name}[@dir])") == title
        assert tree.xpath(".//*[@class='badge']") == []
    [(said, _, _)] = strip_links(renderer.breaking_strip(site, [breaking]))
    assert said in {"여객선 운항 재개", "Ferries sail again"}


@pytest.mark.parametrize("title", ["[속보]", "[단독] 여객선", "여객선 [속보]", "Breaking the ice"])
def test_title_that_only_mentions_breaking_news_is_in_the_strip_as_it_is(
    renderer: PageRenderer, site: Site, with_content: Callable[..., Article], title: str
) -> None:
    [(said, _, _)] = strip_links(renderer.breaking_strip(site, [with_content(title=title)]))
    assert said == title


def test_strip_shows_the_standing_link_when_nothing_breaks(renderer: PageRenderer, site: Site) -> None:
    strip = renderer.breaking_strip(site, [])
    assert strip_links(strip) == [("https://newsdao.kr", "https://newsdao.kr", "noopener")]
    assert html.fragment_fromstring(strip.decode()).text_content() == "실시간 뉴스 속보는, https://newsdao.kr"


def test_strip_is_empty_without_breaking_news_and_standing_link(renderer: PageRenderer, site: Site) -> None:
    assert renderer.breaking_strip(replace(site, standing_link=None), []) == b""


def test_strip_escapes_what_others_wrote(renderer: PageRenderer, site: Site, with_content: Callable[..., Article]) -> None:
    hostile = "</span><script>alert(1)</script>"
    assert b"<script" not in renderer.breaking_strip(site, [with_content(title=hostile)])
    assert b"<script" not in renderer.breaking_strip(replace(site, standing_link=StandingLink(hostile, f'"{hostile}')), [])
