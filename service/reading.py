"""Answers a reader who asks for a document: finds it, judges the conditions, chooses the coding."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from service.document_cache import DocumentCache
from service.negotiation import Coding, Precondition, evaluate_preconditions, field, lists, welcome_codings
from service.prepared import CACHE_CONTROL, Prepared
from service.private_feeds import PrivateFeeds
from service.problems import NOTHING_HERE
from service.recompressing import Recompressor
from service.response_cache import CachedResponse, Part
from service.responses import PreparedResponse
from sokbo.domain.feed import FEED_SUFFIXES
from sokbo.domain.ids import SiteId
from sokbo.errors import BadRequest, MethodNotAllowed, NotFound, PreconditionFailed

ALLOW = "GET, HEAD, OPTIONS"
#: What a page of another origin may send along (CORS): all that a reader's request has use for.
_CORS_PREFLIGHT = {
    "Allow": ALLOW,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}

#: An article is stored under its number, whatever slug it is asked for by. Numbers fit the database's integers.
_ARTICLE_PATH = re.compile(r"([1-9][0-9]{0,17})(?:/.*)?", re.DOTALL)

_FEED_PATH = re.compile(rf"\.(?:{'|'.join(FEED_SUFFIXES)})\Z")
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
        self._recompressor = Recompressor(cache)

    async def respond(self, request: web.Request, site_id: SiteId, path: str) -> web.StreamResponse:
        """The document at `path` (decoded, without a leading slash), or a redirect to where it is.

        Range is ignored (RFC 9110 section 14.2).
        Raises NotFound, MethodNotAllowed, PreconditionFailed (If-Match, If-Unmodified-Since), BadRequest for a query that would
        choose what is in a feed.
        """
        if _FEED_PATH.search(path) and _CHOOSING & request.query.keys():
            raise BadRequest(_NO_CHOOSING)
        is_private = PrivateFeeds.holds(path)
        prepared = await (self._private.get(site_id, path) if is_private else self.find(site_id, path))
        if prepared is None:
            raise NotFound(NOTHING_HERE)
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("documents can only be read", headers={"Allow": ALLOW})
        if path != prepared.public_path and not is_private and prepared.status == HTTPStatus.OK:
            return moved(request, _relative(path, prepared.public_path))
        return PreparedResponse(self._answer(request, prepared))

    async def find(self, site_id: SiteId, path: str) -> Prepared | None:
        """The public document that the path means, even if it isn't its canonical one."""
        if PrivateFeeds.holds(path):
            return None
        if article := _ARTICLE_PATH.fullmatch(path):
            return await self._cache.get(site_id, article[1])
        return await self._cache.get(site_id, path.rstrip("/"))

    def _answer(self, request: web.Request, prepared: Prepared) -> CachedResponse:
        welcome = welcome_codings(field(request.headers, "Accept-Encoding") or "")
        if welcome[0] is not Coding.IDENTITY:
            self._recompressor.want(prepared)
        part = Part.HEAD if request.method == "HEAD" else Part.WHOLE
        as_xml = prepared.description.is_feed and field(request.headers, "Sec-Fetch-Dest") == "document"
        undated = prepared.last_modified > datetime.now(UTC)
        if prepared.status != HTTPStatus.OK:
            coding = _choose_coding(prepared, welcome, None, as_xml=as_xml)
            return CachedResponse(
                prepared, coding, part, prepared.representations[coding].etag_for(as_xml=as_xml), as_xml, undated
            )
        held = field(request.headers, "If-None-Match")
        coding = _choose_coding(prepared, welcome, held, as_xml=as_xml)
        etag = prepared.representations[coding].etag_for(as_xml=as_xml, held=held)
        outcome = evaluate_preconditions(request.headers, etag, None if undated else prepared.last_modified)
        if outcome is Precondition.NOT_MODIFIED:
            return CachedResponse(prepared, coding, Part.NOT_MODIFIED, etag, as_xml, undated)
        if outcome is Precondition.FAILED:
            raise PreconditionFailed("The document is not the one that the request's conditions name.")
        return CachedResponse(prepared, coding, part, prepared.representations[coding].etag_for(as_xml=as_xml), as_xml, undated)


def _choose_coding(prepared: Prepared, welcome: Sequence[Coding], held: str | None, *, as_xml: bool) -> Coding:
    """The most welcome one that is ready; but the compressed one that the reader has already, if it names that: which of them
    it got depended on when it asked."""
    ready = [coding for coding in welcome if coding in prepared.representations]
    if held is not None:
        for coding in ready:
            if coding is not Coding.IDENTITY and lists(
                held, prepared.representations[coding].etag_for(as_xml=as_xml, held=held), weakly=True
            ):
                return coding
    return ready[0] if ready else Coding.IDENTITY


def _relative(path: str, other: str) -> str:
    """The reference that leads from a path below the site to another one (RFC 3986 section 4.2), wherever a proxy may have put
    the site."""
    return f"{'../' * path.count('/')}{quote(other)}"


def cors_preflight() -> web.Response:
    """The answer to OPTIONS, the same for every document, whether there or not."""
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=_CORS_PREFLIGHT)


def moved(request: web.Request, location: str) -> web.Response:
    """A redirect that caches forget as soon as the document: a title may change again."""
    query = request.rel_url.raw_query_string
    headers = {
        "Location": f"{location}?{query}" if query else location,
        "Cache-Control": CACHE_CONTROL,
        "Access-Control-Allow-Origin": "*",
    }
    return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers=headers)
