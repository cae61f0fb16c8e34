"""Articles are published before their pictures are known, and rendered again when they are."""

from datetime import timedelta
from typing import Any

import feedparser
import pytest

from sokbo.domain.article import Article, Image
from sokbo.domain.picture import Picture, PictureState, Variant
from tests.clock import Clock
from tests.integration.workers.bureau import Bureau
from workers.redrawing import redraw
from workers.rendering import render_article

URL = "https://elsewhere.example/photo.jpg"
DIGEST = "a" * 64
IMAGE = Image(URL, "부두")
FEEDS = ("feed.rss", "feed.atom", "feed.json")
MEASURED = Picture(URL, PictureState.READY, "image/jpeg", 640, 480, 12_345)


def settle(bureau: Bureau, picture: Picture) -> None:
    """What the image processor does with one that waits."""
    with bureau.newsroom.database.write() as uow:
        uow.pictures.lease("me", uow.now, 5, 10)
        assert uow.pictures.settle(picture, "me", uow.now)
        uow.commit()


def awaited(bureau: Bureau) -> int:
    with bureau.newsroom.database.read() as uow:
        return uow.pictures.waiting()


def enclosure(bureau: Bureau) -> dict[str, str]:
    [entry] = feedparser.parse(bureau.text("feed.rss")).entries
    return {name: enclosure[name] for enclosure in entry.enclosures for name in ("href", "type", "length")}


def post(bureau: Bureau, **fields: Any) -> Article:
    shown: dict[str, Any] = {"image": IMAGE, "categories": ("사회",), **fields}
    article = bureau.newsroom.post("배가 뜬다", **shown)
    bureau.syndicate()
    return article


def test_article_is_published_at_once_and_shows_its_measures_when_they_are_known(bureau: Bureau) -> None:
    article = post(bureau)
    assert "배가 뜬다" in bureau.text("feed.rss")
    assert enclosure(bureau) == {}
    assert awaited(bureau) == 1

    settle(bureau, MEASURED)
    bureau.sweep()

    assert enclosure(bureau) == {"href": URL, "type": "image/jpeg", "length": "12345"}
    assert 'length="12345"' in bureau.text("feed.atom")
    assert '"size_in_bytes":12345' in bureau.text("feed.json")
    for path in (str(article.number), "", "category/사회"):
        assert 'width="640" height="480"' in bureau.text(path), path
    for path in ("category/사회.rss", "category/사회.atom"):
        assert "12345" in bureau.text(path), path
    assert "breaking.rss" in bureau.versions()


def test_only_what_shows_the_article_changes_and_only_once(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.post("그림 없는 기사", categories=("경제",))
    article = post(bureau)
    before = bureau.versions()
    settle(bureau, MEASURED)
    clock.advance(60)
    bureau.sweep()
    after = bureau.versions()

    changed = {path for path in after if after[path] != before[path]}
    terms = {f"category/사회{end}" for end in ("", ".rss", ".atom", ".json")}
    assert changed == {*FEEDS, "", str(article.number), *terms, "feed/2026/03.atom", "feed/2026/03.json"}
    clock.advance(60)
    bureau.sweep()
    assert bureau.versions() == after


def test_measures_are_no_news(bureau: Bureau, clock: Clock) -> None:
    bureau.newsroom.subscribe()
    article = post(bureau)
    updated = feedparser.parse(bureau.text("feed.atom")).entries[0].updated
    clock.advance(3600)
    settle(bureau, MEASURED)
    bureau.sweep()

    assert feedparser.parse(bureau.text("feed.atom")).entries[0].updated == updated
    assert len(bureau.newsroom.deliveries(article)) == 1
    assert bureau.newsroom.article(article) == article


def test_picture_that_is_known_already_is_in_the_first_edition(bureau: Bureau) -> None:
    post(bureau)
    settle(bureau, MEASURED)
    bureau.sweep()
    bureau.newsroom.post("둘째", image=IMAGE)
    bureau.syndicate()

    lengths = [entry.enclosures[0].length for entry in feedparser.parse(bureau.text("feed.rss")).entries]
    assert lengths == ["12345", "12345"]
    assert awaited(bureau) == 0


def test_picture_that_is_given_up_is_shown_nowhere_any_more_and_all_else_stays(bureau: Bureau, clock: Clock) -> None:
    post(bureau)
    before = bureau.versions()
    showing = {path for path in before if URL in bureau.text(path)}
    assert {"feed.rss", "feed.atom", "feed.json", "", "1"} <= showing
    settle(bureau, Picture(URL, PictureState.FAILED))
    clock.advance(60)
    bureau.sweep()

    assert not any(URL in bureau.text(path) for path in before)
    assert {path for path, version in bureau.versions().items() if version != before[path]} == showing
    with bureau.newsroom.database.read() as uow:
        assert uow.pictures.settled(1) == []


def test_our_picture_is_shown_with_its_variants_when_they_are_made(bureau: Bureau) -> None:
    waiting = Picture(DIGEST, PictureState.WAITING, "image/jpeg", 1600, 900, 284_113)
    with bureau.newsroom.database.write() as uow:
        uow.pictures.add([waiting], uow.now)
        uow.commit()
    url = bureau.newsroom.site.media_url(waiting.name)
    post(bureau, image=Image(url))
    assert enclosure(bureau)["length"] == "284113"
    assert "srcset" not in bureau.text("")

    variant = Variant(f"{'b' * 64}.webp", "image/webp", 320, 180, 9_876)
    settle(bureau, Picture(DIGEST, PictureState.READY, "image/jpeg", 1600, 900, 284_113, (variant,)))
    bureau.sweep()
    assert f'srcset="{bureau.newsroom.site.media_url(variant.name)} 320w, {url} 1600w"' in bureau.text("")


def test_article_that_was_revised_meanwhile_is_rendered_as_it_is_now(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes on waiting: its newer edition may have been rendered without the picture, too."""
    article = post(bureau)
    settle(bureau, MEASURED)

    def revise_meanwhile(*arguments: object) -> object:
        monkeypatch.undo()
        bureau.newsroom.revise(article, "배가 떴다", image=IMAGE)
        return render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr("workers.rendering.render_article", revise_meanwhile)
    redraw(bureau.runtime)
    bureau.syndicate()
    bureau.sweep()

    assert "배가 떴다" in bureau.text("feed.rss")
    assert "배가 뜬다" not in bureau.text("feed.rss")
    assert enclosure(bureau)["length"] == "12345"
    with bureau.newsroom.database.read() as uow:
        assert uow.pictures.settled(1) == []


def test_withdrawn_article_stays_withdrawn(bureau: Bureau) -> None:
    article = post(bureau)
    bureau.newsroom.withdraw(article)
    bureau.syndicate()
    settle(bureau, MEASURED)
    bureau.sweep()

    document = bureau.document(str(article.number))
    assert document is not None
    assert document.status == 410
    assert feedparser.parse(bureau.text("feed.rss")).entries == []


def test_article_that_cannot_be_rendered_does_not_hold_up_the_others(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = post(bureau)
    bureau.newsroom.post("둘째", image=IMAGE)
    bureau.syndicate()
    settle(bureau, MEASURED)

    def fail_once(pages: object, material: object, article: Article) -> object:
        if article.id == broken.id:
            raise RuntimeError("a bug")
        return render_article(pages, material, article)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr("workers.rendering.render_article", fail_once)
    bureau.sweep()

    assert bureau.text("feed.rss").count("<enclosure ") == 1
    with bureau.newsroom.database.read() as uow:
        assert uow.pictures.settled(1) == []


def test_many_articles_of_one_picture_are_rendered_slice_by_slice(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.redrawing.SLICE_ARTICLES", 2)
    for number in range(5):
        bureau.newsroom.post(f"기사 {number}", image=IMAGE)
    bureau.syndicate()
    settle(bureau, MEASURED)
    bureau.sweep()

    assert bureau.text("feed.rss").count("<enclosure ") == 5


def test_breaking_news_with_a_picture_is_in_the_breaking_feed_with_its_measures(bureau: Bureau, clock: Clock) -> None:
    post(bureau, breaking=True, breaking_until=clock() + timedelta(hours=1))
    assert "배가 뜬다" in bureau.text("breaking.rss")
    settle(bureau, MEASURED)
    bureau.sweep()

    assert 'length="12345"' in bureau.text("breaking.rss")
    assert '<strong class="badge">' in bureau.text("breaking")


def test_rebuilding_keeps_what_is_known_and_asks_for_what_is_not(bureau: Bureau) -> None:
    post(bureau)
    settle(bureau, MEASURED)
    bureau.sweep()
    before = {path: bureau.text(path) for path in (*FEEDS, "")}
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    bureau.sweep()

    assert {path: bureau.text(path) for path in before} == before
