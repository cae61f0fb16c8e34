"""Small files below each site, the same for all: the stylesheet by which browsers show feeds, the sign of sites without a logo.
Kept for a day by whoever asked."""

from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from service.negotiation import field, lists
from service.reading import ALLOW
from sokbo import TEMPLATES
from sokbo.domain.feed import DEFAULT_LOGO_PATH, STYLESHEET_PATH
from sokbo.errors import MethodNotAllowed

STYLESHEET = TEMPLATES / "styles" / "feed-document.css"
_ETAG_CHARACTERS = 32


class SiteFile:
    """One file, read once."""

    def __init__(self, source: Path, media_type: str) -> None:
        self._body = source.read_bytes()
        self._media_type = media_type
        self._tag = sha256(self._body).hexdigest()[:_ETAG_CHARACTERS]

    def respond(self, request: web.Request) -> web.Response:
        """The file, or 304. Raises MethodNotAllowed."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("the file can only be read", headers={"Allow": ALLOW})
        headers = {
            "Cache-Control": "public, max-age=86400",
            "ETag": f'"{self._tag}"',
            "Access-Control-Allow-Origin": "*",
            "X-Content-Type-Options": "nosniff",
        }
        if (held := field(request.headers, "If-None-Match")) is not None and lists(held, f'"{self._tag}"', weakly=True):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=self._body, headers={"Content-Type": self._media_type, **headers})


def site_files() -> Mapping[str, SiteFile]:
    """The files by their paths below a site."""
    return {
        STYLESHEET_PATH: SiteFile(STYLESHEET, "text/css; charset=utf-8"),
        DEFAULT_LOGO_PATH: SiteFile(TEMPLATES / "images" / "sign.png", "image/png"),
    }
