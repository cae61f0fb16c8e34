"""Everything that no other route takes: a site's documents, below /{site} or below a host of the site's own."""

import unicodedata
from urllib.parse import unquote_to_bytes

from aiohttp import hdrs, web

from service.reading import Reader, preflight
from service.site_directory import SiteDirectory
from sokbo.domain.site import RESERVED_NAMES
from sokbo.errors import NotFound

MAX_PATH_CHARACTERS = 2048


def add_document_routes(app: web.Application, reader: Reader, directory: SiteDirectory) -> None:
    """Adds the catch-all route. aiohttp prefers every route with a longer fixed beginning, so the order doesn't matter."""

    async def serve(request: web.Request) -> web.StreamResponse:
        path = decode_path(request.rel_url.raw_path)
        if path is None:
            raise NotFound("There is nothing at this address.")
        name, _, rest = path.partition("/")
        if name in RESERVED_NAMES:
            raise await _refusal(request)
        if request.method == "OPTIONS":
            return preflight()
        if (site := directory.at_host(request.headers.get("Host", ""))) is not None:
            return await reader.respond(request, site.id, path)
        if (site := directory.named(name)) is None:
            raise NotFound("There is no such site.")
        return await reader.respond(request, site.id, rest, root=f"/{name}")

    app.router.add_route("*", "/{path:.*}", serve)


async def _refusal(request: web.Request) -> Exception:
    """What to raise where no document can be. aiohttp's own 405 never comes: for every method it finds the catch-all."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        allowed |= (await resource.resolve(request))[1]
    allowed.discard(hdrs.METH_ANY)
    return web.HTTPMethodNotAllowed(request.method, allowed) if allowed else NotFound("There is nothing at this address.")


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
