"""Pages that are no documents: that nothing is at an address, and which sites there are. Each whole in itself, none kept."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from aiohttp import web

from service.json_http import json_response
from service.negotiation import choose_language, prefers_html
from service.problems import NOTHING_HERE
from sokbo.domain.feed import FEED_TYPES, FEEDS_PATH, SITE_LISTING, FeedType, feed_urls
from sokbo.domain.site import Site
from sokbo.errors import NotFound
from sokbo.translations import FALLBACK_LANGUAGE, catalogues, translate

_STYLE = (
    ":root{--paper:#fdfcf9;--ink:#1c1b19;--muted:#66615a;--rule:#ddd8ce;--accent:#b3121d;color-scheme:light dark}"
    "@media(prefers-color-scheme:dark){:root{--paper:#151412;--ink:#e9e5dd;--muted:#a8a297;--rule:#37332e;--accent:#ff8078}}"
    "body{margin:0;border-top:4px solid var(--ink);background:var(--paper);color:var(--ink);"
    "font:1.0625rem/1.75 Pretendard,'Apple SD Gothic Neo','Noto Sans KR','Malgun Gothic',system-ui,sans-serif;"
    "word-break:keep-all;overflow-wrap:break-word}"
    "main{max-width:38em;margin:auto;padding:4rem clamp(1.25rem,4vw,2.5rem)}"
    ".site{margin:0 0 2rem;font-weight:700}"
    "h1,h2{margin:0;line-height:1.35}ul{padding:0;list-style:none}li{padding:1rem 0;border-top:1px solid var(--rule)}"
    "p{margin:.5rem 0;color:var(--muted)}a{color:var(--ink);text-underline-offset:.2em}a:hover{color:var(--accent)}"
)
_POLICY = (
    f"default-src 'none'; img-src 'self'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY, "Vary": "Accept, Accept-Language"}


def not_found(request: web.Request, site: Site | None) -> web.Response:
    """A page with status 404 that leads to the site's index and feeds, or to the list of sites, for whoever prefers HTML.

    Raises NotFound for everyone else.
    """
    if not prefers_html(request.headers.get("Accept", "")):
        raise NotFound(NOTHING_HERE if site else "there is no such site")
    language = _language(request, site)
    title = translate("There is nothing here", language)
    why = translate("The address may be mistyped, or what was here is gone.", language)
    body = f"<h1>{title}</h1>\n<p>{why}</p>\n"
    if site is None:
        to_sites = _link("/", translate("To all sites", language))
        body += f"<p>{to_sites}</p>"
    else:
        to_news = translate("To the latest news of %(site)s", language) % {"site": site.title}
        home, feeds = _link(site.url(), to_news), _feeds(site, language)
        body = f'<p class="site">{_link(site.url(), site.title)}</p>\n{body}<p>{home}</p>\n<p>{feeds}</p>'
    return _page(language, title, body, [site] if site else [], status=404)


def list_of_sites(request: web.Request, sites: Iterable[Site]) -> web.Response:
    """The sites and their feeds, as a page for whoever prefers HTML, else as JSON."""
    if not prefers_html(request.headers.get("Accept", "")):
        return json_response({"items": [_described(site) for site in sites]}, headers={"Vary": "Accept"})
    language, sites = _language(request), [*sites]
    title = translate("Sites", language)
    items = "\n".join(_item(site, language) for site in sites)
    none = translate("There are no sites yet.", language)
    body = f"<h1>{title}</h1>\n" + (f"<ul>\n{items}\n</ul>" if items else f"<p>{none}</p>")
    return _page(language, title, body, sites)


def _described(site: Site) -> dict[str, object]:
    return {"name": site.name, "title": site.title, "url": site.url(), "language": site.language, "feeds": feed_urls(site)}


def _item(site: Site, language: str) -> str:
    return f'<li lang="{escape(site.language)}"><h2>{_link(site.url(), site.title)}</h2>\n<p>{_feeds(site, language)}</p></li>'


def _feeds(site: Site, language: str) -> str:
    """Links to the page of the site's feeds, and to its own in each format."""
    own = (_link(site.url(SITE_LISTING.feed_path(each.suffix)), each.name) for each in FEED_TYPES)
    return " · ".join([_link(site.url(FEEDS_PATH), translate("Feeds", language)), *own])


def _page(language: str, title: str, body: str, sites: Iterable[Site], status: int = 200) -> web.Response:
    """The page; `title` and `body` are markup. It names the sites' feeds to browsers and feed readers."""
    feeds = "".join(_alternate(site, each) for site in sites for each in FEED_TYPES)
    html = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
{feeds}<style>{_STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
    return web.Response(status=status, text=html, content_type="text/html", headers=_HEADERS)


def _alternate(site: Site, each: FeedType) -> str:
    title, url = escape(f"{site.title} ({each.name})"), escape(site.url(SITE_LISTING.feed_path(each.suffix)))
    return f'<link rel="alternate" type="{each.media_type}" title="{title}" href="{url}">\n'


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def _language(request: web.Request, site: Site | None = None) -> str:
    """One that we speak: the site's language, or without a site the reader's."""
    wanted = request.headers.get("Accept-Language", "") if site is None else site.language
    return choose_language(wanted, catalogues()) or FALLBACK_LANGUAGE
