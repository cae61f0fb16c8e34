"""Syndication: from events to documents and planned deliveries.

Lease what waits, render it outside any transaction, then for each site in one transaction store the articles, assemble the
site's own listings and plan the deliveries, and in a second assemble the listings of terms and finish the events. Events that
come together are rendered and assembled together. Whoever lost the lease meanwhile writes nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import structlog

from sokbo.broker import Announcement
from sokbo.domain.article import Article
from sokbo.domain.document import Document
from sokbo.domain.event import Lane
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from sokbo.domain.ids import ArticleId
from sokbo.domain.site import Site
from sokbo.domain.tally import Measure, Tally
from sokbo.storage.events import LeaseLost, PendingEvent
from workers.assembling import assemble, changed
from workers.rendering import Rendered, render_article
from workers.runtime import Runtime

#: Events leased at once, and how long to render before storing what there is: well below any lease.
BATCH_EVENTS = 100
RENDER_SECONDS = 1.0

#: What a site's readers follow, before its categories, tags and authors.
OWN_LISTINGS = frozenset({SITE_LISTING, BREAKING_LISTING})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one site on their way: those whose articles are rendered, and those for which there was no time."""

    rendered: dict[ArticleId, Rendered]
    done: Sequence[PendingEvent]
    put_off: Sequence[PendingEvent]

    @property
    def touched(self) -> set[Listing]:
        """Every listing that the events change."""
        return {listing for item in self.done for listing in item.listings}


def syndicate(runtime: Runtime, lane: Lane) -> None:
    """Works off what waits in the lane. What comes meanwhile brings a nudge of its own."""
    while leased := _lease(runtime, lane):
        sites = groupby(leased, key=lambda item: item.event.site_id)
        all_done = [_syndicate_site(runtime, list(group)) for _, group in sites]
        if len(leased) < BATCH_EVENTS and all(all_done):
            return


def _lease(runtime: Runtime, lane: Lane) -> Sequence[PendingEvent]:
    with runtime.database.write() as uow:
        leased = uow.events.lease(lane, runtime.holder, uow.now, runtime.settings.lease_seconds, BATCH_EVENTS)
        if leased:
            uow.commit()
        return leased


def _syndicate_site(runtime: Runtime, pending: Sequence[PendingEvent]) -> bool:
    """False if there was no time for some of the events, which then wait for anyone."""
    with runtime.database.read() as uow:
        site = uow.sites.get(pending[0].event.site_id)
        articles = uow.articles.many({item.event.article_id for item in pending})
    batch = _render(runtime, site, pending, articles)
    try:
        first = _store_first(runtime, site, batch)
        _store_rest(runtime, site, batch, len(first))
    except LeaseLost:
        log.warning("lease_lost", site=site.name, events=[item.event.id for item in pending])
        return True
    _log(batch, runtime.database.clock())
    return not batch.put_off


def _render(runtime: Runtime, site: Site, pending: Sequence[PendingEvent], articles: dict[ArticleId, Article]) -> Batch:
    """As many articles as there is time for, at least one. One that can't be rendered keeps its lease, so that it is tried
    again when that has run out."""
    rendered: dict[ArticleId, Rendered] = {}
    failed: set[ArticleId] = set()
    deadline = time.monotonic() + RENDER_SECONDS
    for article in articles.values():
        try:
            rendered[article.id] = render_article(runtime.pages, site, article, runtime.database.clock())
        except Exception:  # the edge: one article that can't be rendered must not hold up the others
            log.exception("render_failed", article_id=article.id, revision=article.revision)
            failed.add(article.id)
        if time.monotonic() > deadline:
            break
    return Batch(
        rendered=rendered,
        done=[item for item in pending if item.event.article_id in rendered],
        put_off=[item for item in pending if item.event.article_id not in rendered and item.event.article_id not in failed],
    )


def _store_first(runtime: Runtime, site: Site, batch: Batch) -> list[Document]:
    """Stores what readers and partners wait for: the articles, the site's own listings, the deliveries. Raises LeaseLost."""
    with runtime.database.write() as uow:
        version = uow.sites.next_version(site.id)
        uow.events.hold([item.event.id for item in batch.done], runtime.holder)
        # What has changed since it was rendered is left to its newer event: another lane may have stored that already.
        unchanged = uow.articles.unchanged(item.article for item in batch.rendered.values())
        fresh = {article_id: item for article_id, item in batch.rendered.items() if article_id in unchanged}
        fragments = [fragment for item in fresh.values() for fragment in item.fragments]
        uow.documents.replace_fragments(fragments, fresh, uow.now)
        listed = assemble(uow, runtime.pages, site, batch.touched & OWN_LISTINGS, runtime.settings.feed_entries)
        documents = changed(uow, site, [*(item.page for item in fresh.values()), *listed], version)
        uow.documents.store(documents)
        planned = 0
        if uow.partners.has_active(site.id):
            planned = sum(uow.deliveries.plan(item.event, item.listings, uow.now) for item in batch.done)
        uow.commit()
    _announce(runtime, site, version, documents)
    if planned:
        runtime.wake_deliveries()
    return documents


def _store_rest(runtime: Runtime, site: Site, batch: Batch, stored: int) -> None:
    """Stores the listings of terms, and finishes the events; until then, whoever takes them over does it all again.

    Raises LeaseLost.
    """
    with runtime.database.write() as uow:
        version = uow.sites.next_version(site.id)
        uow.events.finish([item.event.id for item in batch.done], runtime.holder, uow.now)
        uow.events.release([item.event.id for item in batch.put_off], runtime.holder)
        listed = assemble(uow, runtime.pages, site, batch.touched - OWN_LISTINGS, runtime.settings.feed_entries)
        documents = changed(uow, site, listed, version)
        uow.documents.store(documents)
        uow.tallies.add(_tally(batch, stored + len(documents), uow.now))
        uow.commit()
    _announce(runtime, site, version, documents)


def _announce(runtime: Runtime, site: Site, version: int, documents: Sequence[Document]) -> None:
    runtime.broker.announce([Announcement(site.id, version, tuple(document.path for document in documents))])


def _log(batch: Batch, now: datetime) -> None:
    for item in batch.done:
        log.info(
            "event_syndicated",
            request_id=item.event.request_id,
            event_id=item.event.id,
            type=item.event.type,
            article_id=item.event.article_id,
            revision=item.event.revision,
            seconds=round((now - item.event.created_at).total_seconds(), 4),
        )


def _tally(batch: Batch, documents: int, now: datetime) -> Tally:
    tally = Tally()
    for item in batch.done:
        tally.count(Measure.EVENTS, item.event.type)
        tally.observe(Measure.SYNDICATION_SECONDS, (now - item.event.created_at).total_seconds())
    tally.count(Measure.FRAGMENTS, by=sum(len(item.fragments) for item in batch.rendered.values()))
    tally.count(Measure.DOCUMENTS, by=documents)
    return tally
