"""Everything that no other route takes: a site's documents, below /{site} or below a host of the site's own."""

from aiohttp import hdrs, web

from service.json_http import asked_host
from service.notices import list_of_sites, not_found
from service.paths import decode_path
from service.problems import NOTHING_HERE
from service.reading import ALLOW, Reader, cors_preflight, moved
from service.site_directory import SiteDirectory
from service.site_files import site_files
from sokbo.domain.site import RESERVED_NAMES
from sokbo.errors import MethodNotAllowed, NotFound


def add_document_routes(app: web.Application, reader: Reader, directory: SiteDirectory) -> None:
    """Adds the catch-all route. aiohttp prefers every route with a longer fixed beginning, so the order doesn't matter."""

    files = site_files()

    async def serve(request: web.Request) -> web.StreamResponse:
        path = decode_path(request.rel_url.raw_path)
        name, _, rest = (path or "").partition("/")
        if name in RESERVED_NAMES:
            return await _refuse(request, name)
        own = directory.at_host(asked_host(request))
        site = own or directory.named(name)
        if path is None:
            return not_found(request, own or directory.named(_first_segment(request.rel_url.raw_path)))
        if request.method == "OPTIONS":
            return cors_preflight()
        if site is None:
            return not_found(request, None) if path else _front(request, directory)
        if own is None and path == name and request.method in {"GET", "HEAD"}:
            return moved(request, f"{name}/")
        below = path if own else rest
        if below in files:
            return files[below].respond(request)
        try:
            return await reader.respond(request, site.id, below)
        except NotFound:
            return not_found(request, site)

    app.router.add_route("*", "/{path:.*}", serve)


def _first_segment(raw_path: str) -> str:
    """Empty if it can't be read."""
    return decode_path(raw_path.removeprefix("/").partition("/")[0]) or ""


def _front(request: web.Request, directory: SiteDirectory) -> web.Response:
    """What `/` is on a host that no site has to itself."""
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed("the list of sites can only be read", headers={"Allow": ALLOW})
    return list_of_sites(request, directory.all())


async def _refuse(request: web.Request, name: str) -> web.Response:
    """What is answered where no document can be: 405, or 404 with a page for browsers, unless it is the API's address.

    aiohttp's own 405 never comes: for every method it finds the catch-all.
    """
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        allowed |= (await resource.resolve(request))[1]
    allowed.discard(hdrs.METH_ANY)
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    if name == "v1":
        raise NotFound(NOTHING_HERE)
    return not_found(request, None)
