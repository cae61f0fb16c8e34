"""Pictures and uploads in both databases."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest

from sokbo.domain.ids import MediaId, new_id
from sokbo.domain.picture import Media, Picture, PictureState, Size, Variant
from sokbo.storage import Database
from tests.clock import Clock
from tests.newsroom import Newsroom

URL = "https://elsewhere.example/photo.jpg"
DIGEST = "a" * 64
UPLOADED = Picture(DIGEST, PictureState.WAITING, "image/jpeg", 1600, 900, 3_000_000_000)
VARIANTS = (Variant(f"{'b' * 64}.webp", "image/webp", 320, 180, 9_876),)
LEASE_SECONDS = 5.0


def add(database: Database, *pictures: Picture) -> None:
    with database.write() as uow:
        uow.pictures.add(pictures, uow.now)
        uow.commit()


def known(database: Database, source: str) -> Picture:
    with database.read() as uow:
        return uow.pictures.known([source])[source]


def lease(database: Database, holder: str = "me", limit: int = 10) -> list[tuple[str, int]]:
    with database.write() as uow:
        leased = uow.pictures.lease(holder, uow.now, LEASE_SECONDS, limit)
        uow.commit()
    return [(picture.source, attempt) for picture, attempt in leased]


def is_due(database: Database) -> bool:
    with database.read() as uow:
        return uow.pictures.is_due(uow.now, LEASE_SECONDS)


def settle(database: Database, picture: Picture, holder: str = "me") -> bool:
    with database.write() as uow:
        settled = uow.pictures.settle(picture, holder, uow.now)
        uow.commit()
    return settled


def test_picture_is_kept_with_all_that_is_known_of_it(database: Database) -> None:
    ready = replace(UPLOADED, state=PictureState.READY, variants=VARIANTS)
    add(database, UPLOADED, Picture(URL))

    assert known(database, DIGEST) == UPLOADED
    assert known(database, URL) == Picture(URL)
    assert lease(database, limit=1)
    assert lease(database, limit=1)
    assert settle(database, ready)
    assert known(database, DIGEST) == ready


def test_picture_that_is_there_is_not_written_again(database: Database) -> None:
    add(database, UPLOADED)
    add(database, Picture(DIGEST), Picture(URL))

    assert known(database, DIGEST) == UPLOADED
    with database.read() as uow:
        assert uow.pictures.waiting() == 2
        assert uow.pictures.known([]) == {}


def test_picture_that_waits_is_leased_by_one_and_again_when_its_holder_has_died(database: Database, clock: Clock) -> None:
    assert not is_due(database)
    add(database, Picture(URL))

    assert is_due(database)
    assert lease(database) == [(URL, 1)]
    assert not is_due(database)
    assert lease(database, "other") == []
    clock.advance(LEASE_SECONDS)
    assert is_due(database)
    assert lease(database, "other") == [(URL, 2)]


def test_picture_that_is_passed_over_waits(database: Database) -> None:
    add(database, Picture(URL), UPLOADED)
    with database.write() as uow:
        assert [picture for picture, _ in uow.pictures.lease("me", uow.now, LEASE_SECONDS, 10, [URL])] == [UPLOADED]
        uow.commit()
    assert lease(database) == [(URL, 1)]


def test_lease_that_is_renewed_is_kept(database: Database, clock: Clock) -> None:
    add(database, Picture(URL))
    lease(database)
    until = clock.advance(LEASE_SECONDS - 1) + timedelta(seconds=LEASE_SECONDS)
    with database.write() as uow:
        uow.pictures.renew([URL], "me", until)
        uow.pictures.renew([URL], "other", until + timedelta(days=1))
        uow.commit()
    clock.advance(LEASE_SECONDS - 1)
    assert not is_due(database)
    clock.advance(1)
    assert is_due(database)


def test_who_has_lost_the_lease_writes_nothing(database: Database, clock: Clock) -> None:
    add(database, Picture(URL))
    lease(database)
    clock.advance(LEASE_SECONDS)
    lease(database, "other")

    assert not settle(database, Picture(URL, PictureState.FAILED))
    assert known(database, URL).state is PictureState.WAITING
    assert settle(database, Picture(URL, PictureState.READY, "image/png", 1, 1, 1), "other")
    assert not settle(database, Picture(URL, PictureState.FAILED), "other")


def test_attempt_that_failed_is_made_again_at_its_time_and_what_is_settled_never(database: Database, clock: Clock) -> None:
    add(database, Picture(URL))
    lease(database)
    with database.write() as uow:
        assert uow.pictures.put_off(URL, "me", uow.now + timedelta(seconds=60), "status 503")
        uow.commit()
    clock.advance(59.9)
    assert lease(database) == []
    clock.advance(0.1)
    assert lease(database) == [(URL, 2)]
    assert settle(database, Picture(URL, PictureState.FAILED))
    clock.advance(1_000_000)
    assert not is_due(database)


def test_articles_wait_until_their_picture_is_settled(database: Database, newsroom: Newsroom) -> None:
    first, second = newsroom.post("하나"), newsroom.post("둘")
    with database.write() as uow:
        uow.pictures.expect([(URL, first.id), (URL, second.id), (DIGEST, second.id)], uow.now)
        uow.pictures.expect([(URL, first.id)], uow.now)
        uow.pictures.expect([], uow.now)
        uow.commit()
    with database.read() as uow:
        assert uow.pictures.settled(10) == []
        assert uow.pictures.waiting() == 2
    lease(database)
    settle(database, Picture(URL, PictureState.READY, "image/png", 1, 1, 1))
    with database.write() as uow:
        assert set(uow.pictures.settled(10)) == {(URL, first.id), (URL, second.id)}
        assert len(uow.pictures.settled(1)) == 1
        uow.pictures.forget([(URL, first.id)])
        uow.commit()
    with database.read() as uow:
        assert uow.pictures.settled(10) == [(URL, second.id)]


def test_article_that_comes_to_wait_for_what_has_just_been_settled_is_ready_at_once(
    database: Database, newsroom: Newsroom
) -> None:
    """Its worker had looked before, and writes after."""
    article = newsroom.post()
    add(database, Picture(URL))
    lease(database)
    settle(database, Picture(URL, PictureState.READY, "image/png", 1, 1, 1))
    with database.write() as uow:
        uow.pictures.expect([(URL, article.id)], uow.now)
        uow.commit()
    with database.read() as uow:
        assert uow.pictures.settled(10) == [(URL, article.id)]


def test_picture_that_is_settled_while_an_article_comes_to_wait_for_it_leaves_none_waiting(
    database: Database, newsroom: Newsroom
) -> None:
    article = newsroom.post()
    add(database, Picture(URL))
    lease(database)
    ready = Picture(URL, PictureState.READY, "image/png", 1, 1, 1)
    with ThreadPoolExecutor() as threads, database.write() as uow:
        uow.pictures.expect([(URL, article.id)], uow.now)
        settling = threads.submit(settle, database, ready)
        assert wait([settling], timeout=0.1).not_done
        uow.commit()
        assert settling.result()
    with database.read() as uow:
        assert uow.pictures.settled(10) == [(URL, article.id)]


def upload(newsroom: Newsroom, uploaded_digest: str = "c" * 64, picture: Picture = UPLOADED) -> Media:
    with newsroom.database.write() as uow:
        media = Media(MediaId(new_id("med")), newsroom.site.id, uploaded_digest, uow.now, picture)
        uow.pictures.add([picture], uow.now)
        uow.media.add(media)
        uow.commit()
    return media


def test_upload_is_found_by_id_by_what_was_sent_and_by_what_is_kept(newsroom: Newsroom) -> None:
    media = upload(newsroom)

    with newsroom.database.read() as uow:
        site_id = newsroom.site.id
        assert uow.media.get(site_id, media.id) == media
        assert uow.media.by_digest(site_id, DIGEST) == media
        assert uow.media.by_uploaded(site_id, "c" * 64) == media
        assert uow.media.get(site_id, "med_x") is None
        assert uow.media.by_uploaded(site_id, "d" * 64) is None


def test_same_picture_is_one_upload_of_a_site_and_another_of_another(newsroom: Newsroom) -> None:
    other = Newsroom.open(newsroom.database)
    first = upload(newsroom)
    upload(newsroom, "d" * 64)
    others = upload(other)

    with newsroom.database.read() as uow:
        assert uow.media.by_digest(newsroom.site.id, DIGEST) == first
        assert uow.media.by_digest(other.site.id, DIGEST) == others
        assert uow.media.get(other.site.id, first.id) is None


def test_files_of_a_site_are_its_uploads_and_their_variants_with_their_sizes(newsroom: Newsroom) -> None:
    other, media = Newsroom.open(newsroom.database), upload(newsroom)
    variant = Variant(f"{'e' * 64}.webp", "image/webp", 320, 200, 1000)
    with newsroom.database.write() as uow:
        for picture, _ in uow.pictures.lease("me", uow.now, 5.0, 10):
            assert uow.pictures.settle(replace(picture, state=PictureState.READY, variants=(variant,)), "me", uow.now)
        uow.commit()

    with newsroom.database.read() as uow:
        names = (media.picture.name, variant.name, f"{'f' * 64}.webp")
        assert [uow.media.has_file(newsroom.site.id, name) for name in names] == [True, True, False]
        assert [uow.media.has_file(other.site.id, name) for name in names] == [False] * 3
        sizes = {media.picture.name: Size(1600, 900), variant.name: Size(320, 200)}
        assert uow.media.files_of(newsroom.site.id, {*names}) == sizes
        assert uow.media.files_of(other.site.id, {*names}) == {}


@pytest.mark.parametrize("seconds", [-3 * 3600, 3 * 3600])
def test_clock_that_is_put_right_does_not_hold_a_lease_for_hours(database: Database, clock: Clock, seconds: float) -> None:
    add(database, Picture(URL))
    clock.advance(abs(seconds))
    lease(database)
    clock.advance(seconds)

    assert lease(database, "other") == [(URL, 2)]


def test_clock_that_is_put_right_does_not_put_an_attempt_off_for_hours(database: Database, clock: Clock) -> None:
    clock.advance(3 * 3600)
    add(database, Picture(URL))
    clock.advance(-3 * 3600)

    assert is_due(database)
    assert lease(database) == [(URL, 1)]
