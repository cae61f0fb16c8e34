"""Works off what waits to be assembled: some of a site's at a time, in one transaction with the documents that come of it."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import structlog

from sokbo.domain.assembly import (
    ARCHIVE,
    ARCHIVE_CLOSING,
    ARCHIVED_ARTICLE,
    FEEDS,
    NEWS_SITEMAP,
    SELECTIONS,
    SITEMAP,
    SITEMAP_INDEX,
    Assembly,
    next_slot,
)
from sokbo.domain.document import Document
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import SiteId
from sokbo.domain.tally import Measure, Tally
from sokbo.errors import Unavailable
from workers.archiving import archive_articles, archive_documents, close_documents
from workers.directories import lists_of_feeds, news_sitemap, sitemap_index, sitemaps
from workers.listing_documents import AssemblyContext, listing_documents, store, to_store
from workers.runtime import Runtime
from workers.selections import selection_documents, want_affected_selections

#: Assembled in one transaction: so few that whoever waits for the database's lock waits for some milliseconds. What only leads
#: to others, as an article that gets its place in the archive, takes a twentieth of what a listing takes.
SLICE = 8
INTERMEDIATE_SLICE = 100
#: With more terms than this, what lists all feeds follows a new one with the next turn of its own.
MANY_TERMS = 1_000
FEEDS_EVERY = timedelta(minutes=1)
#: When one that could not be made is tried again.
RETRY = timedelta(seconds=60)

Maker = Callable[[AssemblyContext, Sequence[str]], Iterable[Document]]

log = structlog.get_logger()


def _maker_of_listings(kind: ListingKind) -> Maker:
    def make(context: AssemblyContext, keys: Sequence[str]) -> Iterable[Document]:
        return listing_documents(context, [Listing(kind, key) for key in keys])

    return make


#: What makes the documents of each kind, for all the keys given. None of them may depend on another's documents.
MAKERS: dict[str, Maker] = {
    **{kind.value: _maker_of_listings(kind) for kind in ListingKind},
    ListingKind.SELECTION: selection_documents,
    SELECTIONS: want_affected_selections,
    FEEDS: lists_of_feeds,
    ARCHIVED_ARTICLE: archive_articles,
    ARCHIVE: archive_documents,
    ARCHIVE_CLOSING: close_documents,
    SITEMAP: sitemaps,
    SITEMAP_INDEX: sitemap_index,
    NEWS_SITEMAP: news_sitemap,
}

#: The kinds that what lists all feeds names.
_LISTING_KINDS = frozenset(kind.value for kind in ListingKind)


def assemble_for(runtime: Runtime, seconds: float) -> None:
    """Assembles what waits, for about so long at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with runtime.database.read() as uow:
            waiting = uow.assemblies.sites(uow.now)
        if not waiting:
            return
        assemble_slices(runtime, waiting, deadline)


def assemble_slices(runtime: Runtime, waiting: Sequence[SiteId], deadline: float) -> None:
    """Assembles a slice of each of these sites', until the monotonic clock has come to the deadline, but of one at least. Chance
    says who comes first, so that nobody is always last."""
    for site_id in random.sample(waiting, len(waiting)):
        _assemble_slice(runtime, site_id)
        if time.monotonic() >= deadline:
            return


def want_fresh_news(runtime: Runtime) -> None:
    """Has the news sitemaps made again that have articles older than two days."""
    with runtime.database.write() as uow:
        for site_id in uow.sitemaps.take_stale_news(uow.now):
            uow.assemblies.want(site_id, [Assembly(NEWS_SITEMAP)], uow.now)
        uow.commit()


def _assemble_slice(runtime: Runtime, site_id: SiteId) -> None:
    with runtime.database.write() as uow:
        version = uow.sites.advance_version(site_id)
        taken = uow.assemblies.take(site_id, uow.now, SLICE, INTERMEDIATE_SLICE)
        if not taken:  # another worker has been quicker
            return
        context = AssemblyContext(uow, runtime.pages, uow.sites.get(site_id), version, runtime.settings.feed_entries)
        documents = [document for anew in (True, False) for document in _make(context, taken, anew=anew)]
        subscribed = store(context, documents)
        uow.tallies.add(_tally(documents))
        uow.commit()
    runtime.announce(site_id, version.number, documents, to_subscribers=subscribed)


def _make(context: AssemblyContext, taken: Sequence[Assembly], *, anew: bool) -> list[Document]:
    keys: dict[str, list[str]] = {}
    for item in taken:
        if item.anew is anew:
            keys.setdefault(item.kind, []).append(item.key)
    if not keys:
        return []
    made: dict[str, Document] = {}
    of_listings: set[str] = set()
    for kind in keys:
        of_kind = {document.path: document for document in _make_kind(context, kind, keys[kind], anew=anew)}
        made |= of_kind
        if kind in _LISTING_KINDS:
            of_listings |= of_kind.keys()
    documents, turning_points = to_store(context, [*made.values()], anew=anew)
    if FEEDS not in keys and any(document.path in of_listings for document in turning_points):
        _want_lists_of_feeds(context)
    return documents


def _want_lists_of_feeds(context: AssemblyContext) -> None:
    """At once for a site of few terms; they take the longer to make the more there are."""
    uow, site_id = context.uow, context.site.id
    many = uow.listings.count(site_id) > MANY_TERMS
    uow.assemblies.want(site_id, [Assembly(FEEDS)], next_slot(uow.now, FEEDS_EVERY) if many else uow.now)


def _make_kind(context: AssemblyContext, kind: str, keys: Sequence[str], *, anew: bool) -> Iterable[Document]:
    """One that can't be made, for a bug of ours, must not hold up the others, and is tried again later."""
    try:
        return list(MAKERS[kind](context, keys))
    except Unavailable:
        raise
    except Exception:
        if len(keys) > 1:  # which of them it is shows when each is made alone
            return [document for key in keys for document in _make_kind(context, kind, [key], anew=anew)]
        log.exception("assembly_failed", site=context.site.name, kind=kind, key=keys[0])
        context.uow.assemblies.want(context.site.id, [Assembly(kind, keys[0], anew)], context.uow.now + RETRY)
        return []


def _tally(documents: Sequence[Document]) -> Tally:
    tally = Tally()
    tally.count(Measure.DOCUMENTS, by=len(documents))
    return tally
