"""Selections' feeds, assembled by the worker after what has changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import feedparser
import orjson
import pytest
from lxml import etree

from sokbo import selections, sites
from sokbo.broker import Announcement, Broker
from sokbo.domain.article import Article, Image
from sokbo.domain.document import Document
from sokbo.domain.picture import Picture, PictureState
from sokbo.domain.selection import Selection, private_path
from tests.clock import Clock
from tests.integration.workers.bureau import Bureau
from workers.selections import RENDERED_AT_ONCE

BY = {"actor": "test", "request_id": "req_1"}
LOGO = "https://news.example/logo.png"
PICTURE = Image("https://news.example/picture.jpg")


def choose(bureau: Bureau, name: str = "chosen", **fields: Any) -> Selection:
    """A new selection, whose feeds are there."""
    with bureau.newsroom.database.write() as uow:
        wanted = selections.parse({"name": name, "title": "고른 것", **fields}, bureau.newsroom.site)
        made, _ = selections.make(uow, bureau.newsroom.site, wanted, **BY)
        uow.commit()
    bureau.syndicate()
    return made


def change(bureau: Bureau, name: str = "chosen", **patch: Any) -> None:
    with bureau.newsroom.database.write() as uow:
        selections.change(uow, bureau.newsroom.site, name, patch, **BY)
        uow.commit()
    bureau.syndicate()


def titles(bureau: Bureau, path: str = "selection/chosen.json") -> list[str]:
    return [item["title"] for item in orjson.loads(bureau.text(path))["items"]]


def post(bureau: Bureau, title: str, **fields: Any) -> Article:
    article = bureau.newsroom.post(title, **fields)
    bureau.syndicate()
    return article


def forms(bureau: Bureau, article: Article) -> set[str]:
    with bureau.newsroom.database.read() as uow:
        return {form for form, state in uow.selection_fragments.entries([article.id])[article.id].fragments.items() if state[0]}


def stored(bureau: Bureau, path: str) -> Document:
    document = bureau.document(path)
    assert document is not None
    return document


def test_selection_shows_what_it_chooses_and_follows_each_publish(bureau: Bureau) -> None:
    post(bureau, "정치", categories=("정치",))
    post(bureau, "문화", categories=("문화",))
    choose(bureau, categories=["정치", "경제"])
    assert titles(bureau) == ["정치"]

    economy = post(bureau, "경제", categories=("경제",))
    post(bureau, "운동", categories=("운동",))
    assert titles(bureau) == ["경제", "정치"]

    bureau.newsroom.withdraw(economy)
    bureau.syndicate()
    assert titles(bureau) == ["정치"]


def test_article_that_changes_its_terms_enters_and_leaves(bureau: Bureau) -> None:
    choose(bureau, categories=["정치"])
    article = post(bureau, "처음", categories=("문화",))
    assert titles(bureau) == []

    bureau.newsroom.revise(article, "둘째", categories=("정치",))
    bureau.syndicate()
    assert titles(bureau) == ["둘째"]

    bureau.newsroom.revise(article, "셋째", categories=("문화",))
    bureau.syndicate()
    assert titles(bureau) == []


def test_each_format_is_there_with_its_own_address_and_title(bureau: Bureau) -> None:
    post(bureau, "기사")
    choose(bureau)

    for suffix in ("rss", "atom"):
        parsed = feedparser.parse(bureau.text(f"selection/chosen.{suffix}"))
        assert not parsed.bozo
        assert parsed.feed.title.endswith("고른 것")
        assert parsed.feed.link == bureau.newsroom.site.url()
        assert bureau.newsroom.site.url(f"selection/chosen.{suffix}") in {link.href for link in parsed.feed.links}
    assert orjson.loads(bureau.text("selection/chosen.json"))["feed_url"] == bureau.newsroom.site.url("selection/chosen.json")


def test_summaries_carry_no_full_text(bureau: Bureau) -> None:
    post(bureau, "기사", html="<p>본문 전체</p>", text="본문 전체", summary="짧게")
    choose(bureau, content="summary")

    for suffix in ("rss", "atom", "json"):
        text = bureau.text(f"selection/chosen.{suffix}")
        assert "짧게" in text
        assert "본문 전체" not in text


def test_number_of_entries_is_the_selections_own(bureau: Bureau) -> None:
    for number in range(5):
        post(bureau, f"기사 {number}")
    choose(bureau, entries=2)
    assert titles(bureau) == ["기사 4", "기사 3"]


def test_many_articles_are_rendered_in_turns_until_the_feed_is_full(bureau: Bureau) -> None:
    for number in range(RENDERED_AT_ONCE + 3):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()

    choose(bureau, content="summary")

    assert len(titles(bureau)) == RENDERED_AT_ONCE + 3


def test_unchanged_selection_is_not_stored_again(bureau: Bureau) -> None:
    post(bureau, "정치", categories=("정치",))
    choose(bureau, categories=["정치"], content="summary")
    before = stored(bureau, "selection/chosen.rss")

    post(bureau, "문화", categories=("문화",))

    assert stored(bureau, "selection/chosen.rss") == before


def test_same_bytes_rendered_again_keep_the_document_readable_for_ever(bureau: Bureau) -> None:
    article = bureau.newsroom.post("기사", breaking=True)
    bureau.syndicate()
    choose(bureau, content="summary")
    before = stored(bureau, "selection/chosen.rss")

    bureau.newsroom.end_breaking(article)  # renders the article again, but not its summary
    bureau.syndicate()

    assert stored(bureau, "selection/chosen.rss") == before
    with bureau.newsroom.database.write() as uow:
        uow.retention.forget_fragments(uow.now.replace(year=uow.now.year + 1), 1000)
        uow.commit()
    assert "기사" in bureau.text("selection/chosen.rss")


def test_rebuilt_site_has_its_selections_again(bureau: Bureau) -> None:
    post(bureau, "기사")
    choose(bureau, content="summary")
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()

    bureau.sweep()
    bureau.syndicate()

    assert titles(bureau) == ["기사"]


def is_rendered_anew(bureau: Bureau) -> bool:
    with bureau.newsroom.database.read() as uow:
        return bool(uow.sites.being_rendered())


class Watcher(Broker):
    """Looks, after each commit that is announced, how many entries the selection's feed has."""

    def __init__(self, bureau: Bureau, path: str):
        super().__init__(bureau.runtime.settings)
        self.bureau, self.path = bureau, path
        self.seen: list[int] = []

    def announce(self, announcements: Iterable[Announcement]) -> bool:
        self.seen.append(len(feedparser.parse(self.bureau.text(self.path)).entries))
        return True


def test_feed_of_a_site_that_is_rendered_anew_never_lacks_entries(bureau: Bureau) -> None:
    for number in range(3 * RENDERED_AT_ONCE):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()
    choose(bureau, content="summary")
    before = stored(bureau, "selection/chosen.rss")
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    watcher = Watcher(bureau, "selection/chosen.rss")
    watched = Bureau(bureau.newsroom, replace(bureau.runtime, broker=watcher))

    while is_rendered_anew(watched):
        watched.sweep()
    watched.syndicate()

    after = stored(bureau, "selection/chosen.rss")
    assert len(watcher.seen) > 3
    assert set(watcher.seen) == {3 * RENDERED_AT_ONCE}
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified)
    watcher.close()


def test_further_forms_are_kept_only_for_what_stands_in_a_selection(bureau: Bureau) -> None:
    first = post(bureau, "첫째")
    choose(bureau, content="summary", entries=1)
    choose(bureau, "other", content="summary", entries=2)
    second = post(bureau, "둘째")
    assert "rss-summary" in forms(bureau, first) & forms(bureau, second)

    third = post(bureau, "셋째")
    assert "rss-summary" not in forms(bureau, first)
    assert "rss-summary" in forms(bureau, second) & forms(bureau, third)

    change(bureau, content="full")
    change(bureau, "other", content="full")
    assert forms(bureau, third) == forms(bureau, first) == {"rss", "atom", "json", "card"}


def test_dialect_leaves_out_what_breaks_its_hard_rules_and_fills_up_with_older_ones(bureau: Bureau) -> None:
    post(bureau, "가" * 20)
    post(bureau, "나" * 20)
    post(bureau, "짧은 제목")
    choose(bureau, profile="msn", entries=2)

    entries = feedparser.parse(bureau.text("selection/chosen.rss")).entries
    assert [entry.title for entry in entries] == ["나" * 20, "가" * 20]
    assert "짧은 제목" in bureau.text("feed.rss")
    assert bureau.document("selection/chosen.atom") is None


def test_dialect_fills_up_with_older_ones_though_four_of_five_are_left_out(bureau: Bureau) -> None:
    for number in range(2):
        bureau.newsroom.post(f"{number}" * 20)
    for number in range(8):
        bureau.newsroom.post(f"짧은 제목 {number}")
    bureau.syndicate()
    choose(bureau, profile="msn", entries=2)

    entries = feedparser.parse(bureau.text("selection/chosen.rss")).entries
    assert [entry.title for entry in entries] == ["1" * 20, "0" * 20]


def test_article_that_is_mended_enters_the_dialect(bureau: Bureau) -> None:
    choose(bureau, profile="flipboard")
    article = post(bureau, "그림 없음")
    assert feedparser.parse(bureau.text("selection/chosen.rss")).entries == []

    bureau.newsroom.revise(article, "그림 있음", image=PICTURE)
    bureau.syndicate()

    [entry] = feedparser.parse(bureau.text("selection/chosen.rss")).entries
    assert entry.title == "그림 있음"
    assert entry.media_content[0]["url"] == PICTURE.url


@pytest.mark.parametrize(("width", "titles"), [(640, ["그림이 있다"]), (480, [])])
def test_flipboard_takes_or_drops_an_article_when_its_image_is_measured(bureau: Bureau, width: int, titles: list[str]) -> None:
    choose(bureau, profile="flipboard")
    post(bureau, "그림이 있다", image=PICTURE)

    with bureau.newsroom.database.write() as uow:
        uow.pictures.lease("me", uow.now, 5, 10)
        assert uow.pictures.settle(Picture(PICTURE.url, PictureState.READY, "image/jpeg", width, 400, 12_345), "me", uow.now)
        uow.commit()
    bureau.sweep()

    assert [entry.title for entry in feedparser.parse(bureau.text("selection/chosen.rss")).entries] == titles


@pytest.mark.parametrize(
    "known", [Picture(PICTURE.url, PictureState.FAILED), Picture(PICTURE.url, PictureState.READY, "image/svg+xml")]
)
def test_flipboard_drops_an_article_whose_image_has_been_measured_in_vain(bureau: Bureau, known: Picture) -> None:
    choose(bureau, profile="flipboard")
    post(bureau, "그림이 있다", image=PICTURE)
    assert "그림이 있다" in bureau.text("selection/chosen.rss")

    with bureau.newsroom.database.write() as uow:
        uow.pictures.lease("me", uow.now, 5, 10)
        assert uow.pictures.settle(known, "me", uow.now)
        uow.commit()
    bureau.sweep()

    assert feedparser.parse(bureau.text("selection/chosen.rss")).entries == []


def test_dialects_feed_does_not_become_older_with_an_article_that_is_left_out_later(bureau: Bureau, clock: Clock) -> None:
    choose(bureau, profile="flipboard")
    post(bureau, "옛 기사", image=Image("https://news.example/another.jpg"))
    clock.advance(60)
    post(bureau, "그림이 작다", image=PICTURE)
    before = feedparser.parse(bureau.text("selection/chosen.rss"))

    with bureau.newsroom.database.write() as uow:
        uow.pictures.lease("me", uow.now, 5, 10)
        assert uow.pictures.settle(Picture(PICTURE.url, PictureState.READY, "image/jpeg", 320, 200, 12_345), "me", uow.now)
        uow.commit()
    bureau.sweep()

    after = feedparser.parse(bureau.text("selection/chosen.rss"))
    assert [len(parsed.entries) for parsed in (before, after)] == [2, 1]
    assert after.feed.updated_parsed == before.feed.updated_parsed


def test_smartnews_feed_stays_below_its_size(bureau: Bureau) -> None:
    for letter in "가나다":
        post(bureau, letter, html=f"<p>{letter * 130_000}</p>")
    choose(bureau, profile="smartnews", logo=LOGO)

    text = bureau.text("selection/chosen.rss")
    assert len(text.encode()) <= 1_000_000
    assert [entry.title for entry in feedparser.parse(text).entries] == ["다", "나"]


def test_article_that_would_not_fit_into_a_smartnews_feed_holds_no_other_up(bureau: Bureau) -> None:
    post(bureau, "옛 기사")
    post(bureau, "너무 길다", html="<p>" + "가" * 290_000 + "</p>", summary="나" * 50_000)
    post(bureau, "새 기사")
    choose(bureau, profile="smartnews", logo=LOGO)

    assert [entry.title for entry in feedparser.parse(bureau.text("selection/chosen.rss")).entries] == ["새 기사", "옛 기사"]


def test_sites_new_logo_is_in_all_its_feeds_but_those_that_have_their_own(bureau: Bureau) -> None:
    post(bureau, "기사")
    feeds = ("feed.rss", "feed.atom", "feed.json", "feed/2026/03.atom", "selection/chosen.rss")
    choose(bureau)
    choose(bureau, "own", profile="smartnews", logo=LOGO)
    assert not any("logo" in bureau.text(path) for path in feeds)

    with bureau.newsroom.database.write() as uow:
        sites.change(uow, bureau.newsroom.site.name, {"logo": "https://news.example/new-logo.png"}, **BY)
        uow.commit()
    bureau.sweep()

    assert all("https://news.example/new-logo.png" in bureau.text(path) for path in feeds)
    assert LOGO in bureau.text("selection/own.rss")
    assert "new-logo" not in bureau.text("selection/own.rss")


def test_dialect_in_one_language_takes_no_other(bureau: Bureau) -> None:
    post(bureau, "가" * 20, image=PICTURE)
    post(bureau, "In English, which is another", language="en", image=PICTURE)
    choose(bureau, profile="apple-news", language="ko-KR")
    choose(bureau, "english", language="en", content="full")

    assert [entry.title for entry in feedparser.parse(bureau.text("selection/chosen.rss")).entries] == ["가" * 20]
    assert "<language>ko-KR</language>" in bureau.text("selection/chosen.rss")
    assert titles(bureau, "selection/english.json") == ["In English, which is another"]


def test_private_feed_says_nothing_of_where_it_is_and_is_kept_by_nobody(bureau: Bureau) -> None:
    post(bureau, "기사")
    choose(bureau, private=True)

    for suffix in ("rss", "atom", "json"):
        document = stored(bureau, private_path("chosen", suffix))
        assert document.headers["Cache-Control"] == "private, no-store"
        assert document.headers["X-Robots-Tag"] == "noindex"
        assert "Link" not in document.headers
        assert "selection" not in document.head.raw.decode()
        assert bureau.document(f"selection/chosen.{suffix}") is None


def test_lists_of_feeds_name_public_selections_alone(bureau: Bureau) -> None:
    site = bureau.newsroom.site
    choose(bureau, "open")
    choose(bureau, "secret", private=True)

    assert site.url("selection/open.rss") in bureau.text("feeds")
    assert f'xmlUrl="{site.url("selection/open.rss")}" htmlUrl="{site.url()}"' in bureau.text("feeds.opml")
    for path in bureau.versions():
        assert "secret" not in bureau.text(path)


def test_public_selection_that_becomes_private_answers_410_where_it_was(bureau: Bureau) -> None:
    post(bureau, "기사")
    choose(bureau)
    change(bureau, private=True)

    assert stored(bureau, "selection/chosen.rss").status == 410
    assert "기사" not in bureau.text("selection/chosen.json")

    change(bureau, private=False)

    assert titles(bureau) == ["기사"]
    assert bureau.document(private_path("chosen", "rss")) is None


def test_deleted_selection_answers_410_and_leaves_no_forms_behind(bureau: Bureau) -> None:
    article = post(bureau, "기사")
    choose(bureau, content="summary")
    with bureau.newsroom.database.write() as uow:
        selections.delete(uow, bureau.newsroom.site, "chosen", **BY)
        uow.commit()
    bureau.syndicate()

    assert {stored(bureau, f"selection/chosen.{suffix}").status for suffix in ("rss", "atom", "json")} == {410}
    assert forms(bureau, article) == {"rss", "atom", "json", "card"}

    choose(bureau)
    assert titles(bureau) == ["기사"]


def test_subscription_list_tells_a_selections_language(bureau: Bureau) -> None:
    choose(bureau, language="en")

    outlines = etree.fromstring(bureau.text("feeds.opml").encode()).iter("outline")
    languages = {outline.get("xmlUrl"): outline.get("language") for outline in outlines}
    site = bureau.newsroom.site
    assert (languages[site.url("feed.rss")], languages[site.url("selection/chosen.rss")]) == ("ko", "en")
