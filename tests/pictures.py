"""Image files for the tests: good ones of every kind, and those that were made to do harm."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)
#: Written into metadata, and to be found in nothing that is served.
SECRET = b"37.5665N 126.9780E"
ORIENTATION_TAG, MAKER_TAG, GPS_TAG = 0x0112, 0x010F, 0x8825


def two_colours(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def jpeg(width: int = 64, height: int = 32, **options: Any) -> bytes:
    return encoded(two_colours(width, height), "JPEG", **options)


def png(width: int = 64, height: int = 32, **options: Any) -> bytes:
    return encoded(two_colours(width, height), "PNG", **options)


def exif(orientation: int = 1) -> Image.Exif:
    """A camera's metadata, with the place where it was."""
    made = Image.Exif()
    made[ORIENTATION_TAG] = orientation
    made[MAKER_TAG] = SECRET.decode()
    made.get_ifd(GPS_TAG)[1] = SECRET.decode()
    return made


def animation(form: str = "GIF", frames: int = 3, width: int = 64, height: int = 32) -> bytes:
    """One frame after the other of another colour, each for 80 ms."""
    shown = [Image.new("RGB", (width, height), (60 * number % 256, 0, 100)) for number in range(frames)]
    return encoded(shown[0], form, save_all=True, append_images=shown[1:], duration=80, loop=0)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_that_says(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG whose head promises so many pixels, and whose data are few."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + png_chunk(b"IEND", b"")
