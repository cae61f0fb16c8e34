"""Syndication: from events to documents and planned deliveries.

Lease what waits, render it outside any transaction, then in one transaction per site: store, assemble, plan, finish. Events
that come together are rendered and assembled together. Whoever lost the lease meanwhile writes nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import structlog

from sokbo.broker import Announcement
from sokbo.domain.article import Article
from sokbo.domain.document import Document
from sokbo.domain.event import Lane
from sokbo.domain.ids import ArticleId
from sokbo.domain.site import Site
from sokbo.domain.tally import Measure, Tally
from sokbo.storage import UnitOfWork
from sokbo.storage.events import LeaseLost, PendingEvent
from workers.assembling import assemble, changed
from workers.rendering import Rendered, render_article
from workers.runtime import Runtime

#: Events leased at once, and how long to render before storing what there is: well below any lease.
BATCH_EVENTS = 100
RENDER_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stored:
    """What one transaction left behind."""

    announcement: Announcement
    planned: int


def syndicate(runtime: Runtime, lane: Lane) -> int:
    """Works off what waits in the lane; how many deliveries were planned. What comes meanwhile brings a nudge of its own."""
    planned = 0
    while leased := _lease(runtime, lane):
        for _, group in groupby(leased, key=lambda item: item.event.site_id):
            planned += _syndicate_site(runtime, list(group))
        if len(leased) < BATCH_EVENTS:
            break
    return planned


def _lease(runtime: Runtime, lane: Lane) -> Sequence[PendingEvent]:
    with runtime.database.write() as uow:
        leased = uow.events.lease(lane, runtime.holder, uow.now, runtime.settings.lease_seconds, BATCH_EVENTS)
        if leased:
            uow.commit()
        return leased


def _syndicate_site(runtime: Runtime, pending: Sequence[PendingEvent]) -> int:
    with runtime.database.read() as uow:
        site = uow.sites.get(pending[0].event.site_id)
        articles = uow.articles.many({item.event.article_id for item in pending})
    rendered = _render(runtime, site, articles)
    try:
        stored = _store(runtime, site, pending, rendered)
    except LeaseLost:
        log.warning("lease_lost", site=site.name, events=[item.event.id for item in pending])
        return 0
    runtime.broker.announce([stored.announcement])
    if stored.planned:
        runtime.wake_deliveries()
    return stored.planned


def _render(runtime: Runtime, site: Site, articles: dict[ArticleId, Article]) -> dict[ArticleId, Rendered]:
    """As many as there is time for, at least one of those that can be rendered."""
    rendered: dict[ArticleId, Rendered] = {}
    deadline = time.monotonic() + RENDER_SECONDS
    for article in articles.values():
        try:
            rendered[article.id] = render_article(runtime.pages, site, article, runtime.database.clock())
        except Exception:
            log.exception("render_failed", article_id=article.id, revision=article.revision)
        if time.monotonic() > deadline:
            break
    return rendered


def _store(runtime: Runtime, site: Site, pending: Sequence[PendingEvent], rendered: dict[ArticleId, Rendered]) -> Stored:
    done = [item for item in pending if item.event.article_id in rendered]
    left = [item.event.id for item in pending if item.event.article_id not in rendered]
    with runtime.database.write() as uow:
        version = uow.sites.next_version(site.id)
        uow.events.finish([item.event.id for item in done], runtime.holder, uow.now)
        documents = _write_documents(runtime, uow, site, done, rendered, version)
        planned = sum(uow.deliveries.plan(item.event, item.listings, uow.now) for item in done)
        if len(rendered) > 1:
            uow.events.release(left, runtime.holder)
        uow.tallies.add(_tally(uow, done, rendered, documents))
        uow.commit()
        now = uow.now
    for item in done:
        log.info(
            "event_syndicated",
            request_id=item.event.request_id,
            event_id=item.event.id,
            type=item.event.type,
            article_id=item.event.article_id,
            revision=item.event.revision,
            seconds=round((now - item.event.created_at).total_seconds(), 4),
        )
    return Stored(Announcement(site.id, version, tuple(document.path for document in documents)), planned)


def _write_documents(
    runtime: Runtime,
    uow: UnitOfWork,
    site: Site,
    done: Sequence[PendingEvent],
    rendered: dict[ArticleId, Rendered],
    version: int,
) -> list[Document]:
    fragments = [fragment for item in rendered.values() for fragment in item.fragments]
    uow.documents.replace_fragments(fragments, rendered, uow.now)
    touched = {listing for item in done for listing in item.listings}
    listed = assemble(uow, runtime.pages, site, touched, runtime.settings.feed_entries)
    documents = changed(uow, site, [*(item.page for item in rendered.values()), *listed], version)
    uow.documents.store(documents)
    return documents


def _tally(
    uow: UnitOfWork, done: Sequence[PendingEvent], rendered: dict[ArticleId, Rendered], documents: Sequence[Document]
) -> Tally:
    tally = Tally()
    for item in done:
        tally.count(Measure.EVENTS, item.event.type)
        tally.observe(Measure.SYNDICATION_SECONDS, (uow.now - item.event.created_at).total_seconds())
    tally.count(Measure.FRAGMENTS, by=sum(len(item.fragments) for item in rendered.values()))
    tally.count(Measure.DOCUMENTS, by=len(documents))
    return tally
