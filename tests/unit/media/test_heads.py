"""What the first bytes say, held to what Pillow says of the whole."""

from io import BytesIO

import pytest
from PIL import Image, ImageOps

from sokbo.media.heads import Head, contradicts, read_head
from tests.pictures import animation, encoded, exif, jpeg, png, png_that_says, two_colours

WHOLE = {
    "jpeg": jpeg(640, 123),
    "jpeg-progressive": jpeg(640, 123, progressive=True),
    "jpeg-with-comment-and-exif": jpeg(640, 123, comment=b"x" * 60_000, exif=exif()),
    "jpeg-grey": encoded(two_colours(641, 7, "L")),
    "jpeg-cmyk": encoded(two_colours(641, 7, "CMYK")),
    "png": png(640, 123),
    "png-palette": encoded(two_colours(3, 2, "P"), "PNG"),
    "gif": encoded(two_colours(640, 123), "GIF"),
    "gif-animated": animation("GIF"),
    "webp": encoded(two_colours(640, 123), "WEBP"),
    "webp-lossless": encoded(two_colours(640, 123), "WEBP", lossless=True),
    "webp-extended": encoded(two_colours(640, 123), "WEBP", exif=exif()),
    "webp-animated": animation("WEBP", width=333, height=222),
    "webp-large": encoded(two_colours(16_000, 3), "WEBP", exif=exif()),
}


def as_pillow_says(whole: bytes) -> Head:
    with Image.open(BytesIO(whole)) as image:
        return Head(f"image/{str(image.format).lower()}", *image.size)


@pytest.mark.parametrize("name", WHOLE)
def test_format_and_size_are_those_of_the_image(name: str) -> None:
    assert read_head(WHOLE[name]) == as_pillow_says(WHOLE[name])


@pytest.mark.parametrize("name", WHOLE)
def test_it_is_known_as_soon_as_the_bytes_say_it_and_never_guessed(name: str) -> None:
    wanted = as_pillow_says(WHOLE[name])
    beginnings = [read_head(WHOLE[name][:end]) for end in range(0, len(WHOLE[name]), 7)]

    assert set(beginnings) <= {None, wanted}
    known = [head is not None for head in beginnings]
    assert known == sorted(known)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_size_is_that_of_the_image_turned_upright(orientation: int, order: str) -> None:
    tags = exif(orientation)
    tags.endian = order
    sent = jpeg(640, 123, exif=tags)

    head = read_head(sent)
    assert head is not None
    assert (head.width, head.height) == ImageOps.exif_transpose(Image.open(BytesIO(sent))).size


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(100),
        b"\xff\xd8\xff\xda\x00\x02" + bytes(100),
        b"\xff\xd8\xff\xe1\x00\x20Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(100),
        b"\xff\xd8" + b"\xff" * 10_000,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(100),
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(100),
        b"RIFF\0\0\0\0WEBPVP8L" + bytes(100),
        b"GIF89a\0\0\0\0",
        png_that_says(0, 5),
        encoded(two_colours(), "BMP"),
        encoded(two_colours(), "TIFF"),
    ],
    ids=lambda sent: repr(sent[:20]),
)
def test_nothing_is_said_of_what_is_no_image_or_a_broken_one(sent: bytes) -> None:
    assert read_head(sent) is None


@pytest.mark.parametrize(
    ("media_type", "beginning", "found"),
    [
        ("image/jpeg", b"<html>", True),
        ("image/jpeg", b"", True),
        ("image/png", b"\xef\xbb\xbf\n<!DOCTYPE html>", True),
        ("image/avif", b" <HTML lang='ko'>", True),
        ("image/jpeg", b"\xff\xd8\xff\xe1", False),
        ("image/jpeg", b"GIF89a", False),
        ("image/svg+xml", b"<?xml version='1.0'?><svg/>", False),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", False),
        ("image/avif", b"\0\0\0 ftypavif", False),
    ],
)
def test_bytes_contradict_the_type_of_which_they_are_no_image(media_type: str, beginning: bytes, found: bool) -> None:
    assert contradicts(media_type, beginning) is found
