"""Sitemaps (sitemaps.org/protocol.html, 0.9): of pages, of sitemaps, and Google's of the news of two days."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape

from sokbo.domain.archive import ArchivedArticle
from sokbo.domain.site import Site
from workers.feeds.item import plain, second

#: The protocol's limit for one sitemap, and for the sitemaps of an index.
MOST_URLS = 50_000
#: Google's limits for its news sitemap.
MOST_NEWS = 1_000
NEWS_LASTS = timedelta(days=2)

#: What is said of an article is at hand when the next one joins it in its sitemaps. Each site's lines are kept apart: to look for
#: one of a thousand would take several times as long if it had to name the site each time.
_KEPT_SITES = 8
_KEPT_LINES = 2048

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
#: What the news sitemap's schema takes for a language but Chinese: no region.
_LANGUAGE = re.compile(r"[a-z]{2,3}")
#: Where Chinese is written in traditional characters, if its tag doesn't say in which.
_TRADITIONAL = frozenset({"tw", "hk", "mo"})


@dataclass(frozen=True, slots=True)
class Linked:
    """A path below its site, and when what is there was last modified, where that is known."""

    path: str
    modified_at: datetime | None = None


class Sitemap:
    """A sitemap of pages; no more than MOST_URLS may be given."""

    media_type = "application/xml; charset=utf-8"

    def document(self, site: Site, items: Iterable[Linked]) -> bytes:
        located = _located(site)
        return _document("urlset", f'xmlns="{_SITEMAP}"', [f"<url>{located(item)}</url>" for item in items])


class SitemapIndex:
    """A sitemap of sitemaps; no more than MOST_URLS may be given."""

    media_type = Sitemap.media_type

    def document(self, site: Site, items: Iterable[Linked]) -> bytes:
        located = _located(site)
        return _document("sitemapindex", f'xmlns="{_SITEMAP}"', [f"<sitemap>{located(item)}</sitemap>" for item in items])


class NewsSitemap:
    """Google's news sitemap (www.google.com/schemas/sitemap-news/0.9); no more than MOST_NEWS may be given."""

    media_type = Sitemap.media_type

    def document(self, site: Site, items: Iterable[ArchivedArticle]) -> bytes:
        namespaces = f'xmlns="{_SITEMAP}" xmlns:news="{_NEWS}"'
        return _document("urlset", namespaces, map(_news(site), items))


def _document(root: str, namespaces: str, lines: Iterable[str]) -> bytes:
    return "\n".join([_DECLARATION, f"<{root} {namespaces}>", *lines, f"</{root}>\n"]).encode()


@lru_cache(maxsize=_KEPT_SITES)
def _located(site: Site) -> Callable[[Linked], str]:
    """What says of the site's pages where they are, and since when as they are."""

    @lru_cache(maxsize=_KEPT_LINES)
    def located(item: Linked) -> str:
        modified = f"<lastmod>{second(item.modified_at).isoformat()}</lastmod>" if item.modified_at else ""
        return f"<loc>{escape(site.url(item.path))}</loc>{modified}"

    return located


@lru_cache(maxsize=_KEPT_SITES)
def _news(site: Site) -> Callable[[ArchivedArticle], str]:
    """What says of the site's articles what is new of them."""
    name = f"<news:name>{escape(plain(site.title))}</news:name>"

    @lru_cache(maxsize=_KEPT_LINES)
    def news(item: ArchivedArticle) -> str:
        language = f"<news:language>{_language(item.language, site.language)}</news:language>"
        return (
            f"<url><loc>{escape(site.url(item.path))}</loc><news:news>"
            f"<news:publication>{name}{language}</news:publication>"
            f"<news:publication_date>{second(item.published_at).isoformat()}</news:publication_date>"
            f"<news:title>{escape(plain(item.title) or item.path)}</news:title>"
            "</news:news></url>"
        )

    return news


def _language(*tags: str | None) -> str:
    """The first of the BCP 47 tags that can be told, as the schema wants it; Korean if there is none."""
    for tag in filter(None, tags):
        language, *rest = tag.lower().split("-")
        if language == "zh":
            return _chinese(rest)
        if _LANGUAGE.fullmatch(language):
            return language
    return "ko"


def _chinese(subtags: Sequence[str]) -> str:
    """Which of the two that Google knows: zh-cn where it is written in simplified characters, zh-tw in traditional ones."""
    is_traditional = "hant" in subtags or ("hans" not in subtags and not _TRADITIONAL.isdisjoint(subtags))
    return "zh-tw" if is_traditional else "zh-cn"
