"""/v1/media: upload an image, read what is known of it. /media: the images themselves, which never change."""

import asyncio
import re
from http import HTTPStatus
from pathlib import Path

import structlog
from aiohttp import web

from service.image_directory import ImageDirectory
from service.json_http import asked_host, json_response
from service.negotiation import field, lists
from service.problems import NOTHING_HERE
from service.reading import ALLOW, cors_preflight
from service.services import Services
from service.site_directory import SiteDirectory
from service.uploads import Uploads, described
from sokbo.domain.key import Scope
from sokbo.domain.picture import FILE_NAME, SUFFIXES, digest_of
from sokbo.domain.site import MEDIA_PATH
from sokbo.errors import MethodNotAllowed, NotFound
from sokbo.media.files import MediaFiles

_ID = re.compile(r"med_[0-9a-z]{26}")
_TYPES = {suffix: media_type for media_type, suffix in SUFFIXES.items()}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

log = structlog.get_logger()


def add_media_routes(app: web.Application, services: Services) -> None:
    """Adds the routes at /v1/media."""
    uploads = Uploads(services)

    async def post(request: web.Request) -> web.Response:
        limit = services.settings.max_image_bytes
        caller = await services.authenticator.admit(request, Scope.PUBLISH, max_body_bytes=limit)
        media = await uploads.take(request, caller)
        services.metrics.uploads.inc()
        log.info("media_uploaded", media_id=media.id, digest=media.picture.source)
        return json_response(described(caller.site, media), 201, {"Location": f"/v1/media/{media.id}"})

    async def get(request: web.Request) -> web.Response:
        caller = await services.authenticator.admit(request, Scope.READ)
        name = request.match_info["id"]
        media = await services.read(lambda uow: uow.media.get(caller.site.id, name)) if _ID.fullmatch(name) else None
        if media is None:
            raise NotFound("the site has no such upload")
        return json_response(described(caller.site, media))

    app.router.add_post("/v1/media", post)
    app.router.add_get("/v1/media/{id}", get)


def add_image_routes(app: web.Application, files: MediaFiles, directory: SiteDirectory, images: ImageDirectory) -> None:
    """Adds what readers ask for: a site's images, below its name or below a host of its own."""

    async def serve(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return cors_preflight()
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed("images can only be read", headers={"Allow": ALLOW})
        name = request.match_info["name"]
        site = directory.below(asked_host(request), request.match_info.get("site"))
        if site is None or not await images.has(site.id, name):
            raise NotFound(NOTHING_HERE)
        path = files.path(name)
        length = await asyncio.to_thread(_length, path)
        if length is None:
            raise NotFound(NOTHING_HERE)
        etag = f'"{digest_of(name)}"'
        headers = {**_HEADERS, "ETag": etag}
        if (held := field(request.headers, "If-None-Match")) is not None and lists(held, etag, weakly=True):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        headers |= {
            "Content-Type": _TYPES[name.partition(".")[2]],
            "Content-Length": str(length),
            "Content-Disposition": "inline",
        }
        if request.method == "HEAD":
            return web.Response(headers=headers)
        return web.Response(body=await asyncio.to_thread(path.open, "rb"), headers=headers)

    named = f"{MEDIA_PATH}/{{name:{FILE_NAME.pattern}}}"  # nothing else: a selection may be called media, too
    for path in (f"/{named}", f"/{{site}}/{named}"):
        app.router.add_route("*", path, serve)


def _length(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
