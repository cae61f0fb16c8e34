"""The archive (RFC 5005 section 4): gives each article its place, and makes the documents in which articles stand."""

from collections.abc import Iterable, Sequence

from sokbo.domain.archive import Part, Place
from sokbo.domain.assembly import ARCHIVE, NEWS_SITEMAP, SITEMAP, SITEMAP_INDEX, Assembly, of_listing
from sokbo.domain.document import Document
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage import UnitOfWork
from workers import feeds
from workers.assembling import Workshop, feed_document, updated_at
from workers.feeds import History


def archive_articles(workshop: Workshop, keys: Sequence[str]) -> Iterable[Document]:
    """None, but the articles with these ids get their places, and what shows them there is wanted."""
    uow, site = workshop.uow, workshop.site
    articles = sorted(uow.articles.many(map(ArticleId, keys)).values(), key=lambda article: article.number)
    placed = uow.archives.place(articles)
    wanted = _shown_in(place for place, _ in placed)
    for place, is_new in placed:
        if is_new and place.ordinal == place.archive.archived.start:
            wanted |= _linked_to(workshop, place.archive)
    uow.assemblies.want(site.id, wanted, uow.now)
    return []


def _shown_in(places: Iterable[Place]) -> set[Assembly]:
    wanted = {Assembly(NEWS_SITEMAP)}
    for place in places:
        wanted |= {Assembly(ARCHIVE, place.archive.key), Assembly(SITEMAP, place.sitemap.key)}
    return wanted


def _linked_to(workshop: Workshop, part: Part) -> set[Assembly]:
    """What leads to a new document: its neighbours, and the current feed if it is the last."""
    uow, site = workshop.uow, workshop.site
    neighbours = uow.archives.neighbours(site.id, part)
    linked = {Assembly(ARCHIVE, neighbour.key) for neighbour in neighbours if neighbour}
    if neighbours[1] is not None:
        return linked
    uow.archives.lead_to(site.id, part)
    return {*linked, of_listing(SITE_LISTING)}


def archive_documents(workshop: Workshop, keys: Sequence[str]) -> Iterable[Document]:
    """The archive documents of the parts with these keys, in each of the archive's formats."""
    return [document for key in keys for document in _documents(workshop, Part.from_key(key))]


def _documents(workshop: Workshop, part: Part) -> Iterable[Document]:
    uow, site = workshop.uow, workshop.site
    entries = uow.archives.entries(site.id, part)
    history = History(part, *uow.archives.neighbours(site.id, part))
    updated = updated_at(site, entries)
    for form in feeds.ARCHIVE:
        shell = form.shell(site, SITE_LISTING, updated, history=history)
        yield feed_document(site, part.archive_path(form.suffix), form, shell, entries, updated)


def whole_archive(uow: UnitOfWork, site_id: SiteId) -> list[Assembly]:
    """Everything in which archived articles stand, to be made anew."""
    parts, sitemaps = uow.archives.all(site_id)
    return [
        *(Assembly(ARCHIVE, part.key, anew=True) for part in parts),
        *(Assembly(SITEMAP, part.key, anew=True) for part in sitemaps),
        Assembly(SITEMAP_INDEX, anew=True),
        Assembly(NEWS_SITEMAP, anew=True),
    ]
