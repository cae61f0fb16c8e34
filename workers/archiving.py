"""The archive (RFC 5005 section 4): gives each article its place, and makes the documents in which articles stand."""

from collections.abc import Iterable, Iterator, Sequence

from sokbo.domain.archive import OpenDocument, Part
from sokbo.domain.assembly import (
    ARCHIVE,
    ARCHIVE_CLOSING,
    LISTING_INTERVAL,
    NEWS_SITEMAP,
    SITEMAP,
    SITEMAP_INDEX,
    SITEMAP_INTERVAL,
    Assembly,
    next_slot,
    of_listing,
)
from sokbo.domain.document import Document
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage import UnitOfWork
from workers import feeds
from workers.feeds import History
from workers.listing_documents import AssemblyContext, feed_document, updated_at

#: So many articles that come together are followed by more.
MANY = 10
#: Documents closed in one transaction.
MOST_CLOSED = 4


def archive_articles(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
    """None, but the articles with these ids get their places, and what shows them there is wanted."""
    uow, site = context.uow, context.site
    articles = sorted(uow.articles.many(map(ArticleId, keys)).values(), key=lambda article: article.number)
    places = uow.archives.place(articles)
    uow.assemblies.want(site.id, {Assembly(ARCHIVE, place.archive.key) for place in places}, uow.now)
    mapped = {Assembly(NEWS_SITEMAP), *(Assembly(SITEMAP, place.sitemap.key) for place in places)}
    uow.assemblies.want(site.id, mapped, next_slot(uow.now, SITEMAP_INTERVAL) if len(places) > MANY else uow.now)
    if due := _due(context):
        filled = any(document.articles >= _half(context) for document in due)
        uow.assemblies.want(site.id, [Assembly(ARCHIVE_CLOSING)], uow.now if filled else next_slot(uow.now, LISTING_INTERVAL))
    return []


def _due(context: AssemblyContext) -> list[OpenDocument]:
    """The open documents that are to be closed: with an article that isn't in the newer half of the current feed. Most have just
    been filled by as many; one that has fewer, as with an article of long ago, may get more within the second."""
    archives, site_id = context.uow.archives, context.site.id
    recent = archives.newest(site_id, _half(context))
    return [document for document in archives.open(site_id) if document.is_due(recent)]


def _half(context: AssemblyContext) -> int:
    return max(1, context.entries // 2)


def archive_documents(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
    """The archive documents of the parts with these keys, in each of the archive's formats."""
    archives, site_id = context.uow.archives, context.site.id
    for part in map(Part.from_key, keys):
        beside = archives.neighbours(site_id, part)
        yield from _documents(context, part, History(part, is_open=True) if beside is None else History(part, *beside))


def close_documents(context: AssemblyContext, _: Sequence[str]) -> Iterable[Document]:
    """Closes the documents that are due: they become documents of the archive, to which the current feed leads from now on. The
    one that it has led to is told what follows it."""
    uow, site_id = context.uow, context.site.id
    due = [document.part for document in _due(context)]
    closing, later = due[:MOST_CLOSED], due[MOST_CLOSED:]
    if not closing:
        return []
    last = uow.archives.last_closed(site_id)
    beside = uow.archives.neighbours(site_id, last) if last else None
    before, parts = (beside[0], [last, *closing]) if last and beside else (None, closing)
    made = [
        document
        for previous, part, following in zip([before, *parts], parts, [*parts[1:], None], strict=False)
        for document in _documents(context, part, History(part, previous, following))
    ]
    uow.archives.close(site_id, closing)
    uow.archives.set_newest(site_id, closing[-1])
    uow.assemblies.want(site_id, [of_listing(SITE_LISTING), *([Assembly(ARCHIVE_CLOSING)] if later else [])], uow.now)
    return made


def _documents(context: AssemblyContext, part: Part, history: History) -> Iterator[Document]:
    site = context.site
    entries = context.uow.archives.entries(site.id, part)
    updated = updated_at(site, entries)
    for form in feeds.ARCHIVE:
        shell = form.shell(site, SITE_LISTING, updated, history=history)
        yield feed_document(site, part.archive_path(form.suffix), form, shell, entries, updated, is_topic=False)


def whole_archive(uow: UnitOfWork, site_id: SiteId) -> list[Assembly]:
    """Everything in which archived articles stand, to be made anew."""
    parts, sitemaps = uow.archives.all(site_id)
    return [
        *(Assembly(ARCHIVE, part.key, anew=True) for part in parts),
        Assembly(ARCHIVE_CLOSING),
        *(Assembly(SITEMAP, part.key, anew=True) for part in sitemaps),
        Assembly(SITEMAP_INDEX, anew=True),
        Assembly(NEWS_SITEMAP, anew=True),
    ]
