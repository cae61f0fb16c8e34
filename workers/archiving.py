"""The archive (RFC 5005 section 4): gives each article its place, and makes the documents in which articles stand."""

from collections.abc import Collection, Iterable, Sequence

from sokbo.domain.archive import Part
from sokbo.domain.assembly import (
    ARCHIVE,
    MAPPED_EVERY,
    NEWS_SITEMAP,
    SITEMAP,
    SITEMAP_INDEX,
    Assembly,
    next_turn,
    of_listing,
)
from sokbo.domain.document import Document
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage import UnitOfWork
from workers import feeds
from workers.assembling import Workshop, feed_document, updated_at
from workers.feeds import History

#: So many articles that come together are followed by more.
MANY = 10


def archive_articles(workshop: Workshop, keys: Sequence[str]) -> Iterable[Document]:
    """None, but the articles with these ids get their places, and what shows them there is wanted."""
    uow, site = workshop.uow, workshop.site
    articles = sorted(uow.articles.many(map(ArticleId, keys)).values(), key=lambda article: article.number)
    places = uow.archives.place(articles)
    uow.assemblies.want(site.id, {Assembly(ARCHIVE, place.archive.key) for place in places}, uow.now)
    mapped = {Assembly(NEWS_SITEMAP), *(Assembly(SITEMAP, place.sitemap.key) for place in places)}
    uow.assemblies.want(site.id, mapped, next_turn(uow.now, MAPPED_EVERY) if len(places) > MANY else uow.now)
    return []


def archive_documents(workshop: Workshop, keys: Sequence[str]) -> Iterable[Document]:
    """The archive documents of the parts with these keys, in each of the archive's formats. None leads to one that isn't made
    yet: what is to lead to a new one, its neighbours and the current feed, is wanted with it."""
    uow, site = workshop.uow, workshop.site
    parts = [Part.from_key(key) for key in keys]
    stored = _stored(workshop, parts)
    for history in _histories(workshop, parts):
        part = history.part
        assert part is not None
        entries = uow.archives.entries(site.id, part)
        updated = updated_at(site, entries)
        for form in feeds.ARCHIVE:
            shell = form.shell(site, SITE_LISTING, updated, history=history)
            yield feed_document(site, part.archive_path(form.suffix), form, shell, entries, updated)
        if part not in stored:
            uow.assemblies.want(site.id, _linked_to(workshop, part, history), uow.now)


def _histories(workshop: Workshop, made: Sequence[Part]) -> list[History]:
    """Where each of the parts stands among those that have documents; these are about to."""
    uow, site_id = workshop.uow, workshop.site.id
    neighbours = {part: uow.archives.neighbours(site_id, part) for part in made}
    concerned = {part for pair in neighbours.values() for part in pair if part} - {*made}
    if concerned == _stored(workshop, concerned):
        return [History(part, *neighbours[part]) for part in made]
    everything, _ = uow.archives.all(site_id)
    chain = sorted({*made, *_stored(workshop, everything)})
    return [_history(part, chain, chain.index(part)) for part in made]


def _history(part: Part, chain: Sequence[Part], place: int) -> History:
    return History(part, chain[place - 1] if place else None, chain[place + 1] if place + 1 < len(chain) else None)


def _stored(workshop: Workshop, parts: Collection[Part]) -> set[Part]:
    """Those of the parts that have documents."""
    paths = {part.archive_path(feeds.ATOM.suffix): part for part in parts}
    return {paths[path] for path in workshop.uow.documents.states(workshop.site.id, paths)} if paths else set()


def _linked_to(workshop: Workshop, part: Part, history: History) -> set[Assembly]:
    """What leads to a new document: its neighbours, and the current feed if it is the last."""
    linked = {Assembly(ARCHIVE, neighbour.key) for neighbour in (history.previous, history.following) if neighbour}
    if history.following is not None:
        return linked
    workshop.uow.archives.lead_to(workshop.site.id, part)
    return {*linked, of_listing(SITE_LISTING)}


def whole_archive(uow: UnitOfWork, site_id: SiteId) -> list[Assembly]:
    """Everything in which archived articles stand, to be made anew."""
    parts, sitemaps = uow.archives.all(site_id)
    return [
        *(Assembly(ARCHIVE, part.key, anew=True) for part in parts),
        *(Assembly(SITEMAP, part.key, anew=True) for part in sitemaps),
        Assembly(SITEMAP_INDEX, anew=True),
        Assembly(NEWS_SITEMAP, anew=True),
    ]
