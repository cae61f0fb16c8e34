from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from sokbo import selections, sites
from sokbo.domain.article import Image
from sokbo.domain.assembly import SITEMAP_INTERVAL
from sokbo.domain.document import Document
from sokbo.domain.ids import MediaId
from sokbo.domain.picture import Media, Picture, PictureState
from sokbo.storage import UnitOfWork
from sokbo.storage.sites import SiteRepository
from tests.clock import Clock
from tests.integration.storage.test_migrations import engine_of
from tests.integration.workers.bureau import Bureau
from tests.newsroom import SEALER, Newsroom
from workers import anew
from workers.jobs import load_jobs
from workers.rendering import Rendered, render_article

Everything = dict[str, tuple[bytes, bytes, str, int, str | None]]


def everything(bureau: Bureau) -> Everything:
    """What readers get at every path: both forms of the body, the entity tag, the status, where other spellings are sent."""
    with bureau.newsroom.database.read() as uow:
        paths = uow.documents.changed_since(bureau.newsroom.site.id, -1)
        return {path: whole(uow, document) for path in paths if (document := uow.documents.get(bureau.newsroom.site.id, path))}


def whole(uow: UnitOfWork, document: Document) -> tuple[bytes, bytes, str, int, str | None]:
    pieces = uow.documents.pieces(document.fragments)
    closing = [document.closing] if document.closing else []
    parts = [document.head, *(pieces[number] for number in document.fragments), document.separator, document.tail, *closing]
    raw, deflated = b"".join(part.raw for part in parts), b"".join(part.deflated for part in parts)
    return raw, deflated, document.etag, document.status, document.canonical_path


def rebuild(bureau: Bureau) -> None:
    """In as many sweeps as the machine needs. What is left to assemble when a sweep's time is up is found by no other before it
    has waited for a while, which it never has while the clock stands still."""
    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    while being_rendered(bureau):
        bureau.sweep()
        bureau.syndicate()


def being_rendered(bureau: Bureau) -> bool:
    with bureau.newsroom.database.read() as uow:
        return bool(uow.sites.being_rendered() or uow.assemblies.counts())


def fill(bureau: Bureau, clock: Clock) -> None:
    """Articles of every kind, so many that the feeds' are fewer."""
    for number in range(60):
        bureau.newsroom.post(f"기사 {number}", categories=("정치",) if number % 3 else ("Weather",), tags=(f"tag {number % 4}",))
        clock.advance(1)
    breaking = bureau.newsroom.post("큰불", breaking=True)
    bureau.newsroom.withdraw(bureau.newsroom.post("철회"))
    bureau.newsroom.post("초고", draft=True)
    bureau.newsroom.revise(breaking, "큰불, 꺼져", breaking=True, correction_note="바로잡음")
    bureau.newsroom.revise(bureau.newsroom.post("떠남", tags=("gone",)), "떠남")
    bureau.syndicate()
    clock.advance(SITEMAP_INTERVAL.total_seconds())
    bureau.syndicate()


def test_lost_documents_come_back_byte_by_byte(bureau: Bureau, database_url: str, clock: Clock) -> None:
    fill(bureau, clock)
    before = everything(bureau)
    clock.advance(60)
    engine = engine_of(database_url)
    with engine.begin() as connection:
        for table in ("documents", "fragments", "renderings"):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
    assert everything(bureau) == {}

    rebuild(bureau)

    after = everything(bureau)
    assert after.keys() == before.keys()
    assert after == before


def test_damaged_pieces_are_made_again_and_nothing_else_is_new_to_readers(
    bureau: Bureau, database_url: str, clock: Clock
) -> None:
    fill(bureau, clock)
    before, times = everything(bureau), modified(bureau)
    clock.advance(60)
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE documents SET head_raw = 'torn'"))
        connection.execute(text("UPDATE fragments SET raw = 'torn'"))
    engine.dispose()

    rebuild(bureau)

    assert everything(bureau) == before
    assert modified(bureau) == times


def test_what_was_never_published_has_no_page_after_a_rebuild_either(bureau: Bureau, clock: Clock) -> None:
    never_out = [bureau.newsroom.post("초안", draft=True), bureau.newsroom.post("예약", published_at=clock() + timedelta(days=9))]
    was_out = bureau.newsroom.post("나갔던 기사")
    bureau.sweep()
    for article in (*never_out, was_out):
        bureau.newsroom.withdraw(article)
    bureau.sweep()
    before = everything(bureau)

    rebuild(bureau)

    assert everything(bureau) == before
    assert [bureau.document(str(article.number)) for article in never_out] == [None, None]
    gone = bureau.document(str(was_out.number))
    assert gone is not None
    assert gone.status == 410


def modified(bureau: Bureau) -> dict[str, datetime]:
    with bureau.newsroom.database.read() as uow:
        paths = uow.documents.changed_since(bureau.newsroom.site.id, -1)
        return {path: state.last_modified for path, state in uow.documents.states(bureau.newsroom.site.id, paths).items()}


def test_event_that_comes_meanwhile_goes_first(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anew, "SLICE_ARTICLES", 1)
    monkeypatch.setattr(anew, "TURN_SECONDS", 60.0)
    for number in range(3):
        bureau.newsroom.post(f"기사 {number}")
    bureau.syndicate()
    seen: list[str] = []
    note_progress = SiteRepository.rendered_down_to

    def come_meanwhile(self: SiteRepository, *arguments: object) -> bool:
        seen.append(bureau.text("feed.rss"))
        return note_progress(self, *arguments)  # type: ignore[arg-type]  # handed on as they came

    with bureau.newsroom.database.write() as uow:
        uow.sites.render_anew(bureau.newsroom.site.id)
        uow.commit()
    bureau.newsroom.post("속보")
    monkeypatch.setattr(SiteRepository, "rendered_down_to", come_meanwhile)
    monkeypatch.setattr("workers.sweep.syndicate", lambda *_: None)  # as if it came after the sweep had looked
    bureau.sweep()

    assert ["속보" in text for text in seen] == [False, True, True, True]
    assert "속보" in bureau.text("feed.rss")


def test_article_that_can_not_be_rendered_holds_up_no_other(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = bureau.newsroom.post("나쁜")
    good = bureau.newsroom.post("좋은")
    bureau.syndicate()

    def render(*arguments: object) -> Rendered:
        if getattr(arguments[2], "id", None) == bad.id:
            raise ValueError("no renderer likes this one")
        return render_article(*arguments)  # type: ignore[arg-type]  # handed on as they came

    before = bureau.versions()
    monkeypatch.setattr("workers.rendering.render_article", render)
    rebuild(bureau)
    assert bureau.versions()[str(good.number)] > before[str(good.number)]
    assert bureau.versions()[str(bad.number)] == before[str(bad.number)]
    assert "나쁜" in bureau.text("feed.rss")


def test_sites_images_in_texts_are_where_it_has_moved_to_in_feeds_and_pages(bureau: Bureau) -> None:
    site, by = bureau.newsroom.site, {"actor": "test", "request_id": "req_1"}
    ours = Picture("a" * 64, PictureState.READY, "image/png", 100, 100, 1234)
    with bureau.newsroom.database.write() as uow:
        uow.pictures.add([ours], uow.now)
        uow.media.add(Media(MediaId("med_1"), site.id, "b" * 64, uow.now, ours))
        made = selections.parse({"name": "chosen", "title": "고른 것", "profile": "msn", "language": "ko"}, site)
        selections.make(uow, site, made, **by)
        uow.commit()
    old, another = site.media_url(ours.name), f"https://another.example/media/{'c' * 64}.png"
    bureau.newsroom.subscribe()
    html = f'<p><img src="{old}"><img src="{another}"></p>'
    article = bureau.newsroom.post("가" * 20, html=html, image=Image(old))
    bureau.syndicate()
    assert f'src="{old}" width="100" height="100"' in bureau.text(str(article.number))

    with bureau.newsroom.database.write() as uow:
        moved = sites.change(uow, site.name, {"base_url": "https://moved.example"}, **by)
        uow.commit()
    rebuild(bureau)

    month = f"{article.created_at:%Y/%m}"
    for path in ("feed.rss", "feed.atom", "feed.json", f"feed/{month}.atom", "selection/chosen.rss", str(article.number)):
        told = bureau.text(path)
        assert moved.media_url(ours.name) in told, path
        assert old not in told, path
        assert another in told, path
        assert ("loading" in told) == (path == str(article.number)), path
    assert f'src="{moved.media_url(ours.name)}" width="100" height="100"' in bureau.text(str(article.number))
    with bureau.newsroom.database.read() as uow:
        [(_, job)], _ = load_jobs(uow, bureau.newsroom.deliveries(article), SEALER, "sha256")
    assert job.article is not None
    assert job.article.content.image == Image(moved.media_url(ours.name))
    assert job.article.content.html == html.replace(old, moved.media_url(ours.name))


def test_image_that_another_site_has_uploaded_is_shown_where_it_is(bureau: Bureau) -> None:
    other = Newsroom.open(bureau.newsroom.database)
    theirs = Picture("a" * 64, PictureState.READY, "image/png", 800, 600, 1234)
    with bureau.newsroom.database.write() as uow:
        uow.pictures.add([theirs], uow.now)
        uow.media.add(Media(MediaId("med_1"), other.site.id, "b" * 64, uow.now, theirs))
        uow.commit()

    url = other.site.media_url(theirs.name)
    article = bureau.newsroom.post(image=Image(url))
    bureau.syndicate()

    for path in ("feed.rss", "feed.atom", "feed.json", str(article.number)):
        assert url in bureau.text(path), path
        assert bureau.newsroom.site.media_url(theirs.name) not in bureau.text(path), path
