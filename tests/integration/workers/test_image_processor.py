"""The image processor on a loop of its own, against a real gallery, with a clock that stands still until it is moved."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from PIL import Image

from sokbo.domain.picture import Picture, PictureState
from sokbo.domain.tally import Measure
from sokbo.media.files import MediaFiles
from tests.clock import Clock
from tests.gallery import Gallery, showing
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_pump import until
from tests.pictures import encoded, exif, jpeg, png, two_colours
from workers.image_processor import RETRY_SECONDS, ImageProcessor
from workers.measuring import MAX_REDIRECTS

DEADLINE_SECONDS = 5.0
#: More than what a head has room for, so that it isn't measured by reading all of it.
LARGE = encoded(Image.frombytes("RGB", (700, 400), os.urandom(700 * 400 * 3)), "PNG")


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    with showing() as opened:
        yield opened


@asynccontextmanager
async def developing(bureau: Bureau, holder: str = "me") -> AsyncIterator[ImageProcessor]:
    """An image processor at work; at the end it must stop in time."""
    settings = bureau.runtime.settings
    image_processor = ImageProcessor(settings, bureau.runtime.database, MediaFiles(settings.media_folder), holder)
    running = asyncio.create_task(image_processor.run())
    image_processor.wake()
    try:
        yield image_processor
    finally:
        image_processor.stop()
        await asyncio.wait_for(running, DEADLINE_SECONDS)


def wait_for(bureau: Bureau, *pictures: Picture) -> None:
    with bureau.newsroom.database.write() as uow:
        uow.pictures.add(pictures, uow.now)
        uow.commit()


def known(bureau: Bureau, source: str) -> Picture:
    with bureau.newsroom.database.read() as uow:
        return uow.pictures.known([source])[source]


def settled(bureau: Bureau, *sources: str) -> Callable[[], bool]:
    return lambda: all(known(bureau, source).state is not PictureState.WAITING for source in sources)


def outcomes(bureau: Bureau) -> dict[str, float]:
    with bureau.newsroom.database.read() as uow:
        return uow.tallies.all()[Measure.PICTURES]


def uploaded(bureau: Bureau, image: bytes, media_type: str, width: int, height: int) -> Picture:
    """A picture of ours whose file is in its place."""
    files = MediaFiles(bureau.runtime.settings.media_folder)
    with files.staging() as folder:
        draft = folder / "draft"
        draft.write_bytes(image)
        digest, length = files.keep(draft, media_type)
    return Picture(digest, PictureState.WAITING, media_type, width, height, length)


async def measured(bureau: Bureau, url: str) -> Picture:
    wait_for(bureau, Picture(url))
    async with developing(bureau):
        await until(settled(bureau, url))
    return known(bureau, url)


async def test_strangers_pictures_are_measured(bureau: Bureau, gallery: Gallery) -> None:
    sent = {
        "/a.jpg": jpeg(640, 480),
        "/b.png": LARGE,
        "/turned": jpeg(640, 480, exif=exif(6)),
        "/c.webp": encoded(two_colours(), "WEBP"),
    }
    urls = [gallery.hang(path, picture) for path, picture in sent.items()]
    wait_for(bureau, *map(Picture, urls))
    async with developing(bureau):
        await until(settled(bureau, *urls))

    found = [known(bureau, url) for url in urls]
    assert [(item.type, item.width, item.height, item.length) for item in found] == [
        ("image/jpeg", 640, 480, len(sent["/a.jpg"])),
        ("image/png", 700, 400, len(LARGE)),
        ("image/jpeg", 480, 640, len(sent["/turned"])),
        ("image/webp", 64, 32, len(sent["/c.webp"])),
    ]
    assert outcomes(bureau) == {"ready": 4}


async def test_format_that_is_not_read_is_known_by_what_its_server_says(bureau: Bureau, gallery: Gallery) -> None:
    gallery.headers["Content-Type"] = "image/AVIF; quality=high"
    url = gallery.hang("/a.avif", b"\0\0\0 ftypavif" + bytes(1000))

    found = await measured(bureau, url)
    assert (found.type, found.width, found.height, found.length) == ("image/avif", None, None, 1012)


@pytest.mark.parametrize("content_type", ["application/octet-stream", "binary/octet-stream", ""])
@pytest.mark.parametrize(
    ("beginning", "media_type"), [(b"\0\0\0 ftypavif", "image/avif"), (b"\0\0\0 ftypavis", "image/avif"), (b"BM", "image/bmp")]
)
async def test_format_that_is_not_read_is_known_by_its_beginning_where_its_server_does_not_know_it(
    bureau: Bureau, gallery: Gallery, content_type: str, beginning: bytes, media_type: str
) -> None:
    gallery.headers["Content-Type"] = content_type
    found = await measured(bureau, gallery.hang("/a", beginning + bytes(1000)))

    assert (found.state, found.type, found.width) == (PictureState.READY, media_type, None)


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/<script>", "", "application/octet-stream", "image/jpeg", "image/avif"]
)
async def test_what_is_no_image_is_given_up_after_some_attempts(
    bureau: Bureau, gallery: Gallery, clock: Clock, content_type: str
) -> None:
    gallery.headers["Content-Type"] = content_type
    url = gallery.hang("/page", b"<html>")
    wait_for(bureau, Picture(url))

    async with developing(bureau) as image_processor:
        for attempt, seconds in enumerate(RETRY_SECONDS, start=1):
            await until(lambda attempt=attempt: outcomes(bureau).get("retry") == attempt)  # type: ignore[misc]  # as elsewhere
            assert known(bureau, url).state is PictureState.WAITING
            clock.advance(seconds)
            image_processor.wake()
        await until(settled(bureau, url))

    assert known(bureau, url).state is PictureState.FAILED
    assert len(gallery.asked) == len(RETRY_SECONDS) + 1
    assert outcomes(bureau) == {"retry": 3, "failed": 1}


async def test_failure_that_passes_costs_nothing_but_time(bureau: Bureau, gallery: Gallery, clock: Clock) -> None:
    gallery.statuses = [503]
    url = gallery.hang("/a.jpg", jpeg(640, 480))
    wait_for(bureau, Picture(url))

    async with developing(bureau) as image_processor:
        await until(lambda: outcomes(bureau) == {"retry": 1})
        clock.advance(RETRY_SECONDS[0])
        image_processor.wake()
        await until(settled(bureau, url))

    assert known(bureau, url).width == 640


async def test_redirects_are_followed_a_few_times(bureau: Bureau, gallery: Gallery) -> None:
    gallery.headers["Location"] = "/a.jpg#part"
    url = gallery.hang("/moved", b"")
    gallery.hang("/a.jpg", jpeg(640, 480))
    gallery.statuses = [302] * MAX_REDIRECTS

    assert (await measured(bureau, url)).width == 640
    assert gallery.asked == ["/moved", *["/a.jpg"] * MAX_REDIRECTS]


async def test_too_many_redirects_and_closed_addresses_are_failures(bureau: Bureau, gallery: Gallery) -> None:
    gallery.headers["Location"] = "http://10.0.0.1/a.jpg"
    gallery.statuses = [302]
    closed = gallery.hang("/closed", b"")
    wait_for(bureau, Picture(closed), Picture("http://169.254.169.254/latest/meta-data"))
    async with developing(bureau):
        await until(lambda: outcomes(bureau) == {"retry": 2})
    gallery.headers["Location"] = "/round"
    gallery.statuses = [302] * 100
    wait_for(bureau, Picture(gallery.hang("/round", b"")))
    async with developing(bureau):
        await until(lambda: outcomes(bureau) == {"retry": 3})
    assert gallery.asked.count("/round") == MAX_REDIRECTS + 1
    gallery.headers["Location"] = "http://["
    wait_for(bureau, Picture(gallery.hang("/nowhere", b"")))
    async with developing(bureau):
        await until(lambda: outcomes(bureau) == {"retry": 4})


async def test_fragment_of_a_url_is_not_sent(bureau: Bureau, gallery: Gallery) -> None:
    assert (await measured(bureau, gallery.hang("/a.jpg", jpeg(640, 480)) + "#top")).width == 640
    assert gallery.asked == ["/a.jpg"]


async def test_variants_of_ours_are_made_and_kept(bureau: Bureau) -> None:
    picture = uploaded(bureau, jpeg(1000, 600), "image/jpeg", 1000, 600)
    wait_for(bureau, picture)
    async with developing(bureau):
        await until(settled(bureau, picture.source))

    found = known(bureau, picture.source)
    assert replace(found, variants=(), state=PictureState.WAITING) == picture
    assert [(variant.type, variant.width, variant.height) for variant in found.variants] == [
        ("image/webp", 320, 192),
        ("image/jpeg", 320, 192),
        ("image/webp", 640, 384),
        ("image/jpeg", 640, 384),
    ]
    files = MediaFiles(bureau.runtime.settings.media_folder)
    for variant in found.variants:
        with Image.open(files.path(variant.name)) as image:
            assert image.size == (variant.width, variant.height)
        assert files.path(variant.name).stat().st_size == variant.length


async def test_picture_whose_file_is_lost_is_tried_again(bureau: Bureau, clock: Clock) -> None:
    picture = uploaded(bureau, png(400, 200), "image/png", 400, 200)
    file = MediaFiles(bureau.runtime.settings.media_folder).path(picture.name)
    content = file.read_bytes()
    file.unlink()
    wait_for(bureau, picture)

    async with developing(bureau) as image_processor:
        await until(lambda: outcomes(bureau) == {"retry": 1})
        file.write_bytes(content)
        clock.advance(RETRY_SECONDS[0])
        image_processor.wake()
        await until(settled(bureau, picture.source))

    assert len(known(bureau, picture.source).variants) == 2


async def test_work_of_one_that_died_is_taken_up_by_another(bureau: Bureau, gallery: Gallery, clock: Clock) -> None:
    url = gallery.hang("/a.jpg", jpeg(640, 480))
    wait_for(bureau, Picture(url))
    seconds = bureau.runtime.settings.lease_seconds
    with bureau.newsroom.database.write() as uow:
        uow.pictures.lease("dead", uow.now, seconds, 10)
        uow.commit()

    clock.advance(seconds)
    async with developing(bureau, "other"):
        await until(settled(bureau, url))
    assert known(bureau, url).width == 640
