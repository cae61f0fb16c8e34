"""The stylesheet by which browsers show feeds, below each site: the same for all, and kept for a day by whoever asked."""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from sokbo.errors import MethodNotAllowed

SOURCE = Path(__file__).parents[1] / "templates" / "styles" / "feed-document.css"
_ETAG_CHARACTERS = 32


class FeedStylesheet:
    """Reads its file once, when it is made."""

    def __init__(self) -> None:
        self._css = SOURCE.read_bytes()
        self._tag = sha256(self._css).hexdigest()[:_ETAG_CHARACTERS]

    def respond(self, request: web.Request) -> web.Response:
        """The stylesheet, or 304. Raises MethodNotAllowed."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("The stylesheet can only be read.", headers={"Allow": "GET, HEAD, OPTIONS"})
        headers = {
            "Cache-Control": "public, max-age=86400",
            "ETag": f'"{self._tag}"',
            "Access-Control-Allow-Origin": "*",
            "X-Content-Type-Options": "nosniff",
        }
        if any(tag.value in {self._tag, "*"} for tag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=self._css, content_type="text/css", charset="utf-8", headers=headers)
