"""What a publish leaves to be assembled is made at once, by anyone if its maker dies, and one that fails holds up no other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from sokbo.domain.assembly import SITEMAP_INTERVAL, Assembly, of_listing
from sokbo.domain.document import Document
from sokbo.domain.event import Lane
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import SiteId
from tests.clock import Clock
from tests.integration.workers.bureau import Bureau
from workers import archiving, assembly_queue
from workers import syndicate as syndication
from workers.clean import clean
from workers.listing_documents import AssemblyContext, listing_documents
from workers.runtime import Runtime
from workers.sweep import LEFT_AFTER, sweep


def wait(bureau: Bureau) -> int:
    with bureau.newsroom.database.read() as uow:
        return sum(uow.assemblies.counts().values())


def test_sweep_assembles_what_its_maker_left_but_not_what_somebody_may_be_at(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def be_killed(_runtime: Runtime, _sites: Sequence[SiteId], _deadline: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("workers.syndicate.assemble_slices", be_killed)
        bureau.newsroom.post("하나", categories=("정치",), tags=("apec",))
        with pytest.raises(KeyboardInterrupt):
            bureau.syndicate()
    assert "하나" in bureau.text("feed.rss")
    assert bureau.document("category/정치.rss") is None
    bureau.sweep()
    assert wait(bureau) == 4  # both terms, the selections, and the article's place in the archive
    clock.advance(LEFT_AFTER[Lane.BREAKING].total_seconds())
    bureau.sweep()
    assert "하나" in bureau.text("category/정치.rss")
    assert "하나" in bureau.text("tag/apec")
    assert wait(bureau) == 0


def test_many_terms_are_assembled_slice_by_slice(bureau: Bureau) -> None:
    terms = tuple(f"주제 {number}" for number in range(2 * assembly_queue.SLICE + 1))
    bureau.newsroom.post("하나", tags=terms)
    bureau.syndicate()
    for term in terms:
        assert "하나" in bureau.text(f"tag/{term.replace(' ', '-')}.json")
    assert all(term in bureau.text("feeds") for term in terms)


def test_one_that_cannot_be_made_holds_up_no_other_and_is_tried_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def fail(_workshop: AssemblyContext, _keys: Sequence[str]) -> Iterable[Document]:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setitem(assembly_queue.MAKERS, ListingKind.CATEGORY, fail)
        bureau.newsroom.post("하나", categories=("정치",), tags=("apec",))
        bureau.syndicate()
    assert "하나" in bureau.text("tag/apec.rss")
    bureau.syndicate()
    assert wait(bureau) == 1
    clock.advance((assembly_queue.RETRY + LEFT_AFTER[Lane.BREAKING]).total_seconds())
    bureau.sweep()
    assert "하나" in bureau.text("category/정치.rss")
    assert wait(bureau) == 0


def test_one_that_cannot_be_made_holds_up_none_of_its_own_kind(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    make = assembly_queue.MAKERS[ListingKind.CATEGORY]

    def fail_for_one(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
        if "정치" in keys:
            raise ZeroDivisionError
        return make(context, keys)

    monkeypatch.setitem(assembly_queue.MAKERS, ListingKind.CATEGORY, fail_for_one)
    bureau.newsroom.post("하나", categories=("경제", "정치", "사회"))
    bureau.syndicate()
    for category in ("경제", "사회"):
        assert "하나" in bureau.text(f"category/{category}.rss")
    assert bureau.document("category/정치.rss") is None
    assert wait(bureau) == 1


def test_stopped_half_way_it_leaves_documents_and_row_as_they_were(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
        listing_documents(context, [Listing(ListingKind.TAG, key) for key in keys])
        raise KeyboardInterrupt

    wanted = of_listing(Listing(ListingKind.TAG, "apec"))
    with bureau.newsroom.database.write() as uow:
        uow.assemblies.want(bureau.newsroom.site.id, [wanted, Assembly("category", "정치")], uow.now - timedelta(seconds=1))
        uow.commit()
    with monkeypatch.context() as patch:
        patch.setitem(assembly_queue.MAKERS, ListingKind.TAG, die)
        with pytest.raises(KeyboardInterrupt):
            bureau.syndicate()
    assert wait(bureau) == 2
    bureau.syndicate()
    assert bureau.document("tag/apec.rss") is not None


def test_while_events_keep_coming_terms_are_not_put_off_for_ever(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.syndicate.ASSEMBLE_SECONDS", 0.0)
    monkeypatch.setattr("workers.syndicate.BATCH_EVENTS", 1)
    seen: list[bool] = []

    def look(runtime: Runtime, seconds: float) -> None:
        seen.append(bureau.document("tag/apec.rss") is not None)
        assembly_queue.assemble_for(runtime, seconds)

    monkeypatch.setattr("workers.syndicate.assemble_for", look)
    for number in range(3):
        bureau.newsroom.post(f"기사 {number}", tags=("apec",))
    bureau.syndicate()
    assert seen == [False, True, True]


def test_publishes_one_after_the_other_have_everything_at_once(bureau: Bureau) -> None:
    for title in ("하나", "둘"):
        article = bureau.newsroom.post(title, tags=("apec",))
        bureau.syndicate()
        assert title in bureau.text("tag/apec.rss")
        assert title in bureau.text("feed/2026/03.atom")
        for path in ("sitemap-2026-03.xml", "news-sitemap.xml"):
            assert f"/{article.number}/" in bureau.text(path), path
        assert wait(bureau) == 0


def test_what_follows_events_that_keep_coming_is_put_off_to_one_turn(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("workers.syndicate.BATCH_EVENTS", 1)
    clock.advance(0.3)
    for title, tag in (("하나", "apec"), ("둘", "수능"), ("셋", "수능")):
        bureau.newsroom.post(title, tags=(tag,))
    bureau.syndicate()
    assert "하나" in bureau.text("tag/apec.rss")
    assert "셋" in bureau.text("feed.rss")
    assert bureau.document("tag/수능.rss") is None
    assert "둘" not in bureau.text("news-sitemap.xml")
    clock.advance(0.7)  # the next full second
    bureau.syndicate()
    assert "둘" in bureau.text("tag/수능.rss")
    assert "셋" in bureau.text("tag/수능.rss")
    assert "셋" in bureau.text("news-sitemap.xml")
    assert "셋" in bureau.text("feed/2026/03.atom")
    assert wait(bureau) == 0


def test_sitemaps_of_many_that_come_together_are_put_off_further(bureau: Bureau, clock: Clock) -> None:
    for number in range(archiving.MANY + 1):
        bureau.newsroom.post(f"기사 {number}")
    clock.advance(0.3)
    bureau.syndicate()
    assert "기사 0" in bureau.text("feed/2026/03.atom")
    assert "기사 0" not in bureau.text("news-sitemap.xml")
    clock.advance(SITEMAP_INTERVAL.total_seconds() - 0.3)
    bureau.syndicate()
    assert "기사 0" in bureau.text("news-sitemap.xml")
    assert wait(bureau) == 0


def test_sweep_assembles_what_was_put_off_when_no_event_comes(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("workers.syndicate.BATCH_EVENTS", 1)
    for title, tag in (("하나", "apec"), ("둘", "수능")):
        bureau.newsroom.post(title, tags=(tag,))
    bureau.syndicate()
    clock.advance(1 + LEFT_AFTER[Lane.DEFAULT].total_seconds())
    bureau.sweep()
    assert "둘" in bureau.text("tag/수능.rss")
    assert "둘" in bureau.text("news-sitemap.xml")
    assert wait(bureau) == 0


def test_worker_for_breaking_news_leaves_to_the_others_what_they_may_be_at(bureau: Bureau, clock: Clock) -> None:
    with bureau.newsroom.database.write() as uow:
        uow.assemblies.want(bureau.newsroom.site.id, [Assembly("tag", "apec")], uow.now)
        uow.commit()
    alone = replace(bureau.colleague("breaking"), lanes=(Lane.BREAKING,))
    clock.advance(LEFT_AFTER[Lane.BREAKING].total_seconds() - 0.1)
    sweep(alone, Lane.BREAKING)
    assert wait(bureau) == 1
    clock.advance(0.1)
    sweep(alone, Lane.BREAKING)
    assert bureau.document("tag/apec.rss") is not None


def test_retry_that_waits_does_not_put_off_what_is_published(bureau: Bureau) -> None:
    with bureau.newsroom.database.write() as uow:
        uow.assemblies.want(bureau.newsroom.site.id, [Assembly("category", "정치")], uow.now + assembly_queue.RETRY)
        uow.commit()
    bureau.newsroom.post("하나", tags=("apec",))
    bureau.syndicate()
    assert "하나" in bureau.text("tag/apec.rss")


def test_new_document_of_the_archive_changes_no_list_of_feeds(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Sequence[str]] = []
    make = assembly_queue.MAKERS["feeds"]
    settings = bureau.runtime.settings.model_copy(update={"feed_entries": 1})
    bureau = replace(bureau, runtime=replace(bureau.runtime, settings=settings))

    def count(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
        made.append(keys)
        return make(context, keys)

    monkeypatch.setitem(assembly_queue.MAKERS, "feeds", count)
    counts = []
    for tag in ("apec", "apec", "수능"):
        bureau.newsroom.post("기사", tags=(tag,))
        bureau.syndicate()
        counts.append(len(made))
    assert bureau.document("feed/2026/03-3.atom") is not None
    assert counts == [1, 1, 2]


def test_document_follows_fragments_that_were_replaced_by_the_same_bytes(bureau: Bureau, clock: Clock) -> None:
    """As when an article is what it was again before its category's feed was made."""
    article = bureau.newsroom.post("하나", categories=("정치",))
    bureau.syndicate()
    path = "category/정치.rss"
    before = bureau.document(path)
    assert before is not None
    for title in ("둘", "하나"):
        bureau.newsroom.revise(article, title, categories=("정치",))
        [work] = syndication._lease(bureau.runtime, Lane.DEFAULT)
        syndication._syndicate_site(bureau.runtime, work)
    bureau.syndicate()
    clock.advance(2 * 3600)
    clean(bureau.runtime)

    after = bureau.document(path)
    assert after is not None
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified)
    assert "하나" in bureau.text(path)


def test_lists_of_very_many_feeds_follow_a_new_one_within_a_minute(
    bureau: Bureau, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly_queue, "MANY_TERMS", 1)
    for tag in ("하나", "둘"):
        bureau.newsroom.post(tag, tags=(tag,))
        bureau.syndicate()
    assert "하나" in bureau.text("feeds.opml")
    assert "둘" not in bureau.text("feeds.opml")
    clock.advance(60)
    bureau.syndicate()
    assert "둘" in bureau.text("feeds.opml")
