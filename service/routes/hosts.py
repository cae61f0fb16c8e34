"""What a browser or a robot asks of any host: /robots.txt and /favicon.ico, kept by whoever asked."""

from aiohttp import web

from service.json_http import asked_host
from service.site_directory import SiteDirectory
from sokbo.domain.feed import NEWS_SITEMAP_PATH, SITEMAP_INDEX_PATH

#: The icon that pages carry inline.
ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#b3121d"/></svg>\n'
EVERYTHING_ALLOWED = "User-agent: *\nAllow: /\n"
#: What robots are led to, below each site of the host.
SITEMAPS = (SITEMAP_INDEX_PATH, NEWS_SITEMAP_PATH)
_KEPT = {"Cache-Control": "public, max-age=86400"}


def add_host_routes(app: web.Application, directory: SiteDirectory) -> None:
    """Adds both."""

    async def robots(request: web.Request) -> web.Response:
        sites = directory.below_host(asked_host(request))
        lines = [f"Sitemap: {site.url(path)}\n" for site in sites for path in SITEMAPS]
        return web.Response(text=EVERYTHING_ALLOWED + "".join(lines), headers=_KEPT)

    async def icon(_request: web.Request) -> web.Response:
        return web.Response(text=ICON, content_type="image/svg+xml", headers=_KEPT)

    app.router.add_get("/robots.txt", robots)
    app.router.add_get("/favicon.ico", icon)
