"""Documents that list a site's pages and feeds: the page of feeds, the subscription list, the sitemaps, the news sitemap."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sokbo.domain.archive import Part
from sokbo.domain.compression import piece
from sokbo.domain.document import Document
from sokbo.domain.feed import (
    BREAKING_LISTING,
    FEEDS_PATH,
    NEWS_SITEMAP_PATH,
    OPML_PATH,
    PAGES_SITEMAP_PATH,
    SITE_LISTING,
    SITEMAP_INDEX_PATH,
)
from sokbo.domain.site import Site
from sokbo.translations import translate
from workers import feeds
from workers.feeds import Linked
from workers.feeds.sitemap import MOST_NEWS, MOST_URLS, NEWS_LASTS
from workers.listing_documents import AssemblyContext
from workers.pages.stylesheet import copy_script, page_headers
from workers.rendering import digest, gone_document, page_document


def lists_of_feeds(context: AssemblyContext, _keys: Sequence[str]) -> Iterable[Document]:
    """What shows all the site's listings: the page of feeds, the subscription list, and the sitemap of pages, which has as many
    of them as a sitemap may have."""
    uow, site = context.uow, context.site
    known = [SITE_LISTING, BREAKING_LISTING, *uow.listings.known(site.id, shown=True)]
    public = [selection for selection in uow.selections.of_site(site.id) if not selection.private]
    page = page_document(site, FEEDS_PATH, context.pages.feeds(site, known, public), site.created_at)
    yield replace(page, headers={**page.headers, **page_headers(copy_script())})
    listings = [*known, *(selection.listing for selection in public)]
    languages = {selection.listing: selection.language for selection in public if selection.language}
    yield _document(site, OPML_PATH, feeds.OPML.media_type, feeds.OPML.document(site, listings, languages))
    pages = [Linked(FEEDS_PATH), *(Linked(listing.path) for listing in known)][:MOST_URLS]
    yield _document(site, PAGES_SITEMAP_PATH, feeds.SITEMAP.media_type, feeds.SITEMAP.document(site, pages))


def sitemaps(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
    """The sitemaps of the parts with these keys, and the index, which tells their times. One that lists none of its articles any
    more is gone."""
    uow, site = context.uow, context.site
    for part in map(Part.from_key, keys):
        articles = uow.sitemaps.mapped(site, part)
        if not articles:  # the schema wants a sitemap to list something, and no index names this one
            uow.sitemaps.forget(site.id, part)
            yield gone_document(
                site,
                part.sitemap_path,
                translate("No article is listed in this sitemap any more.", site.language),
                site.created_at,
            )
            continue
        raw = feeds.SITEMAP.document(site, (Linked(article.path, article.modified_at) for article in articles))
        modified_at = uow.sitemaps.note(site.id, part, digest([raw]), uow.now)
        yield _document(site, part.sitemap_path, feeds.SITEMAP.media_type, raw, modified_at)
    yield from sitemap_index(context, ())


def sitemap_index(context: AssemblyContext, _keys: Sequence[str]) -> Iterable[Document]:
    """The index of the sitemaps that list something, each with the time since when it is as it is. The pages' is always one of
    them: an index has to have one."""
    site = context.site
    listed = context.uow.sitemaps.all(site.id)
    items = [Linked(PAGES_SITEMAP_PATH), *(Linked(part.sitemap_path, modified_at) for part, modified_at in listed)]
    raw = feeds.SITEMAP_INDEX.document(site, items[-MOST_URLS:])
    modified_at = max((modified_at for _, modified_at in listed), default=None)
    yield _document(site, SITEMAP_INDEX_PATH, feeds.SITEMAP_INDEX.media_type, raw, modified_at)


def news_sitemap(context: AssemblyContext, _keys: Sequence[str]) -> Iterable[Document]:
    """The newest articles of the last two days; the sweep has it made again when the oldest of them is older than that."""
    uow, site = context.uow, context.site
    articles = uow.sitemaps.news(site, uow.now - NEWS_LASTS, MOST_NEWS)
    uow.sitemaps.keep_news_until(site.id, articles[-1].published_at + NEWS_LASTS if articles else None)
    raw = feeds.NEWS_SITEMAP.document(site, articles)
    modified_at = max((article.modified_at for article in articles), default=None)
    yield _document(site, NEWS_SITEMAP_PATH, feeds.NEWS_SITEMAP.media_type, raw, modified_at)


def _document(site: Site, path: str, media_type: str, raw: bytes, modified_at: datetime | None = None) -> Document:
    return Document(
        site_id=site.id,
        path=path,
        media_type=media_type,
        etag=digest([raw]),
        last_modified=modified_at or site.created_at,
        head=piece(raw),
    )
