"""Answers a reader who asks for a document: finds it, judges the conditions, chooses the coding."""

import re
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from service.answers import Answer, Part
from service.document_cache import DocumentCache
from service.negotiation import Coding, Verdict, choose_coding, field, judge
from service.prepared import CACHE_CONTROL, Prepared
from service.private_feeds import PrivateFeeds
from service.responses import PreparedResponse
from sokbo.domain.ids import SiteId
from sokbo.errors import BadRequest, MethodNotAllowed, NotFound, RevisionMismatch

ALLOW = "GET, HEAD, OPTIONS"
#: What a page of another origin may send along (CORS): all that a reader's request has use for.
_PREFLIGHT = {
    "Allow": ALLOW,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}

#: An article is stored under its number, whatever slug it is asked for by. Numbers fit the database's integers.
_ARTICLE_PATH = re.compile(r"([1-9][0-9]{0,17})(?:/.*)?", re.DOTALL)


_FEED_PATH = re.compile(r"\.(?:rss|atom|json)\Z")
#: Parameters by which elsewhere feeds are chosen and combined. Others, such as those that count readers, mean nothing here.
_CHOOSING = frozenset(
    f"{name}{ending}"
    for name in ("category", "categories", "tag", "tags", "author", "authors", "exclude", "language", "lang", "limit", "breaking")
    for ending in ("", "[]")
)
_NO_CHOOSING = (
    "A feed's address takes no choice: what shall be in a feed of its own (categories, tags, authors, a language) is said once "
    "by POST /v1/selections, and then is at /{site}/selection/{name}.atom"
)


class Reader:
    """Serves documents out of the cache, and private ones as the database has them."""

    def __init__(self, cache: DocumentCache, private: PrivateFeeds) -> None:
        self._cache = cache
        self._private = private

    async def respond(self, request: web.Request, site_id: SiteId, path: str, root: str = "") -> web.StreamResponse:
        """The document at `path` (decoded, without a leading slash), or a redirect to where it is.

        `root` is what the site's paths have before them: '' or '/name'. Range is ignored (RFC 9110 section 14.2).
        Raises NotFound, MethodNotAllowed, RevisionMismatch (If-Match, If-Unmodified-Since), BadRequest for a query that would
        choose what is in a feed.
        """
        if _FEED_PATH.search(path) and _CHOOSING & request.query.keys():
            raise BadRequest(_NO_CHOOSING)
        is_private = PrivateFeeds.holds(path)
        prepared = await (self._private.get(site_id, path) if is_private else self._find(site_id, path))
        if prepared is None:
            raise NotFound("There is nothing at this address.")
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("Documents can only be read.", headers={"Allow": ALLOW})
        home = prepared.path if prepared.canonical_path is None else prepared.canonical_path
        if path != home and not is_private and prepared.status == HTTPStatus.OK:
            return _moved(request, f"{root}/{quote(home)}")
        return PreparedResponse(_answer(request, prepared))

    async def _find(self, site_id: SiteId, path: str) -> Prepared | None:
        """The document that the path means, even if it isn't its canonical one."""
        if article := _ARTICLE_PATH.fullmatch(path):
            return await self._cache.get(site_id, article[1])
        return await self._cache.get(site_id, path.rstrip("/"))


def _answer(request: web.Request, prepared: Prepared) -> Answer:
    coding = choose_coding(field(request.headers, "Accept-Encoding") or "")
    part = Part.HEAD if request.method == "HEAD" else Part.WHOLE
    if prepared.status == HTTPStatus.OK:
        representation = prepared.gzip if coding is Coding.GZIP else prepared.identity
        verdict = judge(request.headers, representation.etag, prepared.last_modified)
        if verdict is Verdict.FAILED:
            raise RevisionMismatch("The document is not the one that the request's conditions name.")
        if verdict is Verdict.NOT_MODIFIED:
            part = Part.NOT_MODIFIED
    return Answer(prepared, coding, part)


def preflight() -> web.Response:
    """The answer to OPTIONS, the same for every document, whether there or not."""
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)


def _moved(request: web.Request, location: str) -> web.Response:
    """A redirect that caches forget as soon as the document: a title may change again."""
    query = request.rel_url.raw_query_string
    headers = {
        "Location": f"{location}?{query}" if query else location,
        "Cache-Control": CACHE_CONTROL,
        "Access-Control-Allow-Origin": "*",
    }
    return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers=headers)
