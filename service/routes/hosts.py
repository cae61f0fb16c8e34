"""What a browser or a robot asks of any host: /robots.txt and /favicon.ico, the same for all and kept by whoever asked."""

from aiohttp import web

#: The icon that pages carry inline.
ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#b3121d"/></svg>\n'
ROBOTS = "User-agent: *\nAllow: /\n"
_KEPT = {"Cache-Control": "public, max-age=86400"}


def add_host_routes(app: web.Application) -> None:
    """Adds both."""

    async def robots(_request: web.Request) -> web.Response:
        return web.Response(text=ROBOTS, headers=_KEPT)

    async def icon(_request: web.Request) -> web.Response:
        return web.Response(text=ICON, content_type="image/svg+xml", headers=_KEPT)

    app.router.add_get("/robots.txt", robots)
    app.router.add_get("/favicon.ico", icon)
