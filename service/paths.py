"""Which paths can be a document's."""

import unicodedata
from urllib.parse import unquote_to_bytes

MAX_PATH_CHARACTERS = 2048


def decode_path(raw: str) -> str | None:
    """The path without its leading slash, percent-decoded and composed (NFC); None for one that no document can have.

    Such are paths that are too long, aren't UTF-8, or hold `.` and `..` segments, encoded slashes, backslashes or control
    characters: whoever sends them is after something else.
    """
    if len(raw) > MAX_PATH_CHARACTERS:
        return None
    try:
        segments = [unquote_to_bytes(segment).decode("utf-8") for segment in raw.removeprefix("/").split("/")]
    except UnicodeError:
        return None
    for segment in segments:
        if segment in {".", ".."} or "/" in segment or "\\" in segment or not segment.isprintable():
            return None
    return unicodedata.normalize("NFC", "/".join(segments))
