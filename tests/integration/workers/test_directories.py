"""Sitemaps, the news sitemap and the subscription list follow what is published, and no more."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from lxml import etree
from sqlalchemy import text

from sokbo.domain import archive
from sokbo.domain.article import Article
from sokbo.storage import migrate
from tests.clock import Clock
from tests.integration.storage.test_migrations import downgrade, engine_of
from tests.integration.workers.bureau import Bureau
from tests.unit.workers.feeds.schemas import SITEMAP, opml_complaints

DAY_SECONDS = 24 * 3600


def locations(bureau: Bureau, path: str) -> list[str]:
    """The paths that a sitemap lists, below their site."""
    root = etree.fromstring(bureau.text(path).encode())
    base = f"{bureau.newsroom.site.base_url}/"
    return [each.text.removeprefix(base) for each in root.iter(f"{SITEMAP}loc") if each.text]


def listed(bureau: Bureau) -> list[str]:
    """The addresses in all sitemaps of articles that the index leads to."""
    sitemaps = [path for path in locations(bureau, "sitemap.xml") if path != "sitemap-pages.xml"]
    return [location for path in sitemaps for location in locations(bureau, path)]


def addresses(bureau: Bureau, *articles: Article) -> list[str]:
    site = bureau.newsroom.site
    return [site.url(article.path).removeprefix(f"{site.base_url}/") for article in articles]


def test_new_site_has_them_all_without_an_article(bureau: Bureau) -> None:
    assert locations(bureau, "sitemap.xml") == ["sitemap-pages.xml"]
    assert locations(bureau, "sitemap-pages.xml") == ["feeds", "", "breaking"]
    assert locations(bureau, "news-sitemap.xml") == []
    assert (
        opml_complaints(bureau.text("feeds.opml").replace(bureau.newsroom.site.base_url, "https://gnj.example.kr").encode()) == []
    )


def test_index_leads_to_each_published_article_once(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SITEMAP_ARTICLES", 3)
    articles = []
    for number in range(8):
        articles.append(bureau.newsroom.post(f"기사 {number}", published_at=clock() - timedelta(days=40) if number % 3 else None))
        bureau.syndicate()
        clock.advance(60)
    bureau.newsroom.withdraw(articles[2])
    bureau.newsroom.post("초고", draft=True)
    renamed = bureau.newsroom.revise(articles[5], "기사 5", slug="새-주소")
    bureau.syndicate()

    kept = [renamed if article is articles[5] else article for article in articles if article is not articles[2]]
    assert sorted(listed(bureau)) == sorted(addresses(bureau, *kept))
    assert locations(bureau, "sitemap.xml")[1:] == ["sitemap-2026-01.xml", "sitemap-2026-01-2.xml", "sitemap-2026-03.xml"]


def sitemap_times(bureau: Bureau) -> dict[str, str]:
    """When each sitemap was last modified, as the index says."""
    root = etree.fromstring(bureau.text("sitemap.xml").encode())
    told = {each.findtext(f"{SITEMAP}loc"): each.findtext(f"{SITEMAP}lastmod") for each in root.iter(f"{SITEMAP}sitemap")}
    base = f"{bureau.newsroom.site.base_url}/"
    return {location.removeprefix(base): time for location, time in told.items() if location and time}


def test_index_tells_when_a_sitemap_itself_was_last_modified(bureau: Bureau, clock: Clock) -> None:
    february = clock() - timedelta(days=15)
    bureau.newsroom.post("옛 기사", published_at=february)
    bureau.syndicate()
    [path] = sitemap_times(bureau)
    assert sitemap_times(bureau) == {path: "2026-03-02T09:00:00+00:00"}

    clock.advance(60)
    newest = bureau.newsroom.post("더 옛 기사", published_at=february - timedelta(days=1))
    bureau.syndicate()
    assert sitemap_times(bureau) == {path: "2026-03-02T09:01:00+00:00"}

    clock.advance(60)
    bureau.newsroom.withdraw(newest)
    bureau.syndicate()
    assert sitemap_times(bureau) == {path: "2026-03-02T09:02:00+00:00"}

    clock.advance(60)
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    bureau.sweep()
    bureau.syndicate()
    assert sitemap_times(bureau) == {path: "2026-03-02T09:02:00+00:00"}


def test_index_and_sitemap_tell_of_an_articles_change(bureau: Bureau, clock: Clock) -> None:
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    assert bureau.text("sitemap.xml").count("<lastmod>2026-03-02T09:00:00+00:00</lastmod>") == 1
    clock.advance(60)
    bureau.newsroom.revise(article, "둘")
    bureau.syndicate()
    for path in ("sitemap.xml", "sitemap-2026-03.xml"):
        assert bureau.text(path).count("<lastmod>2026-03-02T09:01:00+00:00</lastmod>") == 1


def test_articles_that_are_at_home_elsewhere_are_in_no_sitemap(bureau: Bureau) -> None:
    site = bureau.newsroom.site
    here = bureau.newsroom.post("하나")
    known = bureau.newsroom.post("둘", canonical_url=site.url("2"))
    named = bureau.newsroom.post("셋", canonical_url=site.url("3/옛-주소"))
    moved = bureau.newsroom.post("넷", canonical_url="https://elsewhere.example/4")
    alike = bureau.newsroom.post("다섯", canonical_url=site.url("51/다섯"))
    bureau.syndicate()
    assert listed(bureau) == addresses(bureau, here, known, named)
    assert locations(bureau, "news-sitemap.xml") == addresses(bureau, named, known, here)

    bureau.newsroom.revise(here, "하나", canonical_url="https://elsewhere.example/1")
    returned = bureau.newsroom.revise(moved, "넷")
    bureau.syndicate()
    assert listed(bureau) == addresses(bureau, known, named, returned)
    assert not {*addresses(bureau, here, alike)} & {*locations(bureau, "news-sitemap.xml")}


def test_sitemap_whose_articles_are_all_at_home_elsewhere_is_none(bureau: Bureau) -> None:
    bureau.newsroom.post("하나", canonical_url="https://elsewhere.example/1")
    bureau.syndicate()
    assert locations(bureau, "sitemap.xml") == ["sitemap-pages.xml"]


def test_articles_of_before_that_are_at_home_elsewhere_leave_the_sitemaps(bureau: Bureau, database_url: str) -> None:
    here = bureau.newsroom.post("하나")
    bureau.newsroom.post("둘", canonical_url="https://elsewhere.example/2")
    bureau.syndicate()
    downgrade(database_url, "0020")

    migrate(database_url)
    bureau.sweep()
    bureau.syndicate()

    assert listed(bureau) == locations(bureau, "news-sitemap.xml") == addresses(bureau, here)


def test_sitemaps_lie_nowhere_below_what_they_list(bureau: Bureau) -> None:
    bureau.newsroom.post("하나")
    bureau.syndicate()
    assert not [path for path in locations(bureau, "sitemap.xml") if "/" in path]


def test_sitemaps_of_before_are_made_where_they_are_now(bureau: Bureau, database_url: str) -> None:
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    downgrade(database_url, "0015")
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE documents SET path = 'sitemap/2026/03.xml' WHERE path = 'news-sitemap.xml'"))
        connection.execute(text("DELETE FROM assemblies"))
    engine.dispose()

    migrate(database_url)
    bureau.syndicate()

    assert bureau.document("sitemap/2026/03.xml") is None
    assert listed(bureau) == addresses(bureau, article)
    assert "feeds" in locations(bureau, "sitemap-pages.xml")


def test_sitemap_whose_articles_are_all_withdrawn_leaves_the_index(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나")
    bureau.syndicate()
    assert locations(bureau, "sitemap.xml") == ["sitemap-pages.xml", "sitemap-2026-03.xml"]
    bureau.newsroom.withdraw(article)
    bureau.syndicate()
    assert locations(bureau, "sitemap.xml") == ["sitemap-pages.xml"]


def test_sitemap_whose_articles_are_all_withdrawn_is_gone_until_another_comes(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.withdraw(bureau.newsroom.post("하나"))
    bureau.syndicate()
    gone = bureau.document("sitemap-2026-03.xml")
    assert gone is not None
    assert gone.status == 410
    clock.advance(60)
    article = bureau.newsroom.post("둘")
    bureau.syndicate()
    found = bureau.document("sitemap-2026-03.xml")
    assert found is not None
    assert found.status == 200
    assert locations(bureau, "sitemap-2026-03.xml") == addresses(bureau, article)


def test_news_sitemap_has_two_days_and_the_sweep_takes_out_what_is_older(bureau: Bureau, clock: Clock) -> None:
    first = bureau.newsroom.post("하나", language="en-GB")
    clock.advance(DAY_SECONDS)
    second = bureau.newsroom.post("둘")
    bureau.newsroom.post("옛 기사", published_at=clock() - timedelta(days=3))
    gone = bureau.newsroom.post("셋")
    bureau.newsroom.withdraw(gone)
    bureau.syndicate()
    assert locations(bureau, "news-sitemap.xml") == addresses(bureau, second, first)
    assert "<news:language>en</news:language>" in bureau.text("news-sitemap.xml")

    clock.advance(DAY_SECONDS - 1)
    bureau.sweep()
    assert locations(bureau, "news-sitemap.xml") == addresses(bureau, second, first)
    clock.advance(1)
    bureau.sweep()
    assert locations(bureau, "news-sitemap.xml") == addresses(bureau, second)
    clock.advance(DAY_SECONDS)
    bureau.sweep()
    assert locations(bureau, "news-sitemap.xml") == []


def test_news_sitemap_has_no_more_than_google_takes(bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.directories.MOST_NEWS", 3)
    articles = []
    for number in range(5):
        articles.append(bureau.newsroom.post(f"기사 {number}"))
        clock.advance(1)
    bureau.syndicate()

    assert locations(bureau, "news-sitemap.xml") == addresses(bureau, *reversed(articles[2:]))


def test_correction_of_a_title_reaches_the_news_sitemap(bureau: Bureau) -> None:
    article = bureau.newsroom.post("가짜 제목")
    bureau.syndicate()
    bureau.newsroom.revise(article, "참된 제목")
    bureau.syndicate()

    assert "참된 제목" in bureau.text("news-sitemap.xml")
    assert "가짜" not in bureau.text("news-sitemap.xml")


def test_subscription_list_and_sitemap_of_pages_know_each_new_term(bureau: Bureau) -> None:
    bureau.newsroom.post("하나", categories=("정치",), tags=("APEC",))
    bureau.syndicate()

    outlines = etree.fromstring(bureau.text("feeds.opml").encode()).iter("outline")
    site = bureau.newsroom.site
    assert [each.get("xmlUrl") for each in outlines if each.get("xmlUrl")] == [
        site.url(path) for path in ("feed.rss", "breaking.rss", "category/정치.rss", "tag/apec.rss")
    ]
    assert locations(bureau, "sitemap-pages.xml")[-1] == "tag/apec"


def test_term_whose_articles_are_all_withdrawn_is_listed_nowhere_until_another_comes(bureau: Bureau) -> None:
    article = bureau.newsroom.post("하나", tags=("김 아무개",))
    bureau.newsroom.post("둘", tags=("다른",))
    bureau.syndicate()
    lists = ("feeds", "feeds.opml", "sitemap-pages.xml")
    assert all("김" in unquote(bureau.text(path)) for path in lists)
    bureau.newsroom.withdraw(article)
    bureau.syndicate()
    assert not any("김" in unquote(bureau.text(path)) for path in lists)
    assert all("다른" in unquote(bureau.text(path)) for path in lists)
    bureau.newsroom.post("셋", tags=("김 아무개",))
    bureau.syndicate()
    assert all("김" in unquote(bureau.text(path)) for path in lists)
