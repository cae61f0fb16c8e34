"""Measures pictures of others: type, size and length, of which no more is read than it takes."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urljoin

from sokbo.domain.picture import Picture, PictureState
from sokbo.media.heads import contradicts, read_head, unread_type
from sokbo.net.client import Fetched, GuardedClient, RemoteFailure

#: Pictures are often moved; each stop passes the same guard.
MAX_REDIRECTS = 3
#: How far a body is read in search of the picture's size: a format that we can't read never shows it, and a camera's preview may
#: stand before it.
HEAD_BYTES = 256 * 1024
#: How far a body is read to count its bytes, when its length isn't said.
MAX_BYTES = 16 * 1024 * 1024
_HEADERS = {"Accept": "image/*"}
#: What servers say of a file whose kind they don't know.
_UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,60}")


class Unmeasured(Exception):
    """The picture couldn't be measured now; the text says why."""


async def measure(client: GuardedClient, url: str) -> Picture:
    """What is at the URL. `width` and `height` are None in formats that we don't read, `length` if it is more than we count.

    Raises Unmeasured.
    """
    fetched = await _fetch(client, url)
    if fetched.status != HTTPStatus.OK:
        raise Unmeasured(f"status {fetched.status}")
    head = read_head(fetched.beginning)
    if head is not None:
        return Picture(url, PictureState.READY, head.type, head.width, head.height, fetched.length)
    media_type = _media_type(fetched.headers)
    if media_type in _UNSAID:
        media_type = unread_type(fetched.beginning) or media_type
    if not media_type.startswith("image/"):
        raise Unmeasured(f"no image: {media_type[:80]}")
    if contradicts(media_type, fetched.beginning):
        raise Unmeasured(f"no image, though it is said to be {media_type[:80]}")
    return Picture(url, PictureState.READY, media_type, length=fetched.length)


async def _fetch(client: GuardedClient, url: str) -> Fetched:
    """The answer, after all redirects but one too many."""
    for _ in range(MAX_REDIRECTS + 1):
        try:
            fetched = await client.fetch(url.partition("#")[0], _HEADERS, _is_enough, MAX_BYTES)
        except RemoteFailure as failure:
            raise Unmeasured(str(failure)) from failure
        location = fetched.headers.get("Location")
        if location is None or fetched.status // 100 != 3:
            return fetched
        try:
            url = urljoin(url, location)
        except ValueError as error:  # such as http://[
            raise Unmeasured("a redirect to no URL") from error
    raise Unmeasured(f"more than {MAX_REDIRECTS} redirects")


def _is_enough(beginning: bytes) -> bool:
    return len(beginning) >= HEAD_BYTES or read_head(beginning) is not None


def _media_type(headers: Mapping[str, str]) -> str:
    """The Content-Type without its parameters (RFC 6838 section 4.2); empty if it is none."""
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else ""
