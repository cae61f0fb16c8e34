"""What an image's first bytes say of it: format and size.

By hand, for pictures of others that workers measure without having them whole: Pillow would have to be loaded into each
worker, and reads WebP only when all of it is there.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

_KNOWN_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif"})
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_ORIENTATION = 0x0112
#: EXIF orientations that show an image's width as its height.
_LYING = range(5, 9)
#: JPEG markers that begin a frame, with its size (ITU-T T.81 table B.1); C4, C8 and CC begin something else.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
#: Those that stand alone, without a length.
_ALONE = {0x01, *range(0xD0, 0xD9)}
_START_OF_SCAN = 0xDA
_APP1 = 0xE1


@dataclass(frozen=True, slots=True)
class Head:
    """The size is in pixels, as the image is to be shown."""

    type: str
    width: int
    height: int


def read_head(beginning: bytes) -> Head | None:
    """What the bytes say, None if they are too few or none of JPEG, PNG, WebP and GIF."""
    for signature, read in _READERS.items():
        if beginning.startswith(signature):
            try:
                head = read(beginning)
            except (struct.error, IndexError):  # too few
                return None
            return head if head is not None and head.width > 0 and head.height > 0 else None
    return None


def contradicts(media_type: str, beginning: bytes) -> bool:
    """True if what begins like this is no image of that type, whoever says so: a format that we know by its signature without
    it, or a page of HTML."""
    if media_type in _KNOWN_TYPES:
        return not beginning.startswith(tuple(_READERS))
    return _PAGE.match(beginning) is not None


def unread_type(beginning: bytes) -> str | None:
    """The media type of what browsers know by its first bytes, in a format whose size we don't read (AVIF section 6.1, BMP);
    None if it is none."""
    if beginning[4:12] in {b"ftypavif", b"ftypavis"}:
        return "image/avif"
    return "image/bmp" if beginning.startswith(b"BM") else None


def _png(data: bytes) -> Head | None:
    return Head("image/png", *struct.unpack_from(">II", data, 16)) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> Head:
    return Head("image/gif", *struct.unpack_from("<HH", data, 6))


def _webp(data: bytes) -> Head | None:
    """RFC 9649 sections 2.5 to 2.7."""
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        return Head("image/webp", 1 + _uint24(data, 24), 1 + _uint24(data, 27))
    if kind == b"VP8L" and data[20] == 0x2F:
        [bits] = struct.unpack_from("<I", data, 21)
        return Head("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return Head("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None


def _uint24(data: bytes, place: int) -> int:
    low, high = struct.unpack_from("<HB", data, place)
    return int(low | high << 16)


def _jpeg(data: bytes) -> Head | None:
    """Passes over the segments before the frame; only an EXIF orientation among them matters."""
    place, orientation = 2, 1
    while True:
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker in _ALONE:
            place += 2
            continue
        [length] = struct.unpack_from(">H", data, place + 2)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return Head("image/jpeg", height, width) if orientation in _LYING else Head("image/jpeg", width, height)
        if marker == _START_OF_SCAN or length < 2:
            return None
        if marker == _APP1 and data[place + 4 : place + 10] == b"Exif\0\0":
            orientation = _orientation(data[place + 10 : place + 2 + length])
        place += 2 + length


def _orientation(tiff: bytes) -> int:
    """The orientation in the first directory of an EXIF block; 1, which is upright, if there is none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    if not order:
        return 1
    try:
        [directory] = struct.unpack_from(f"{order}I", tiff, 4)
        [entries] = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(entries):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * number)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        return 1
    return 1


_READERS: dict[bytes, Callable[[bytes], Head | None]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"RIFF": _webp,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
}
