"""Syndication: from events to documents and planned deliveries.

Lease what waits, render it outside any transaction, then for each site in one transaction store the articles, assemble the
site's own listings, plan the deliveries, finish the events, and note which other documents are wanted anew. Those are assembled
when no event waits. Events that come together are rendered and assembled together. Whoever lost the lease meanwhile writes
nothing.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import structlog

from sokbo.domain.article import Article
from sokbo.domain.assembly import (
    ARCHIVED_ARTICLE,
    LISTING_INTERVAL,
    Assembly,
    next_slot,
    of_listing,
    of_selections,
)
from sokbo.domain.event import EventType, Lane
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from sokbo.domain.ids import ArticleId, EventId, SiteId
from sokbo.domain.site import Site
from sokbo.domain.tally import Measure, Tally
from sokbo.errors import Unavailable
from sokbo.storage import UnitOfWork
from sokbo.storage.events import LeaseLost, PendingEvent
from workers.assembly_queue import assemble_for, assemble_slices
from workers.listing_documents import AssemblyContext, listing_documents, store, to_store
from workers.rendering import Material, Rendered, material_for, render_each
from workers.runtime import Runtime

#: Events leased at once, and how long to render before storing what there is: well below any lease.
BATCH_EVENTS = 100
RENDER_SECONDS = 1.0
#: While events keep coming, what else is wanted is assembled this often, for about so long.
ASSEMBLE_SECONDS = 1.0
ASSEMBLE_FOR_SECONDS = 0.2
#: And while none come, for so long before they are looked for again.
SLICES_SECONDS = 0.05
#: A task ends after so long, well before it would be killed.
TASK_SECONDS = 5.0

#: What a site's readers follow, before its categories, tags and authors.
OWN_LISTINGS = frozenset({SITE_LISTING, BREAKING_LISTING})

log = structlog.get_logger()


class SiteChanged(Exception):
    """What was rendered says what the site was before."""


@dataclass(frozen=True, slots=True)
class Work:
    """Events of one site, leased, with the articles that they are about and what those are rendered with."""

    site: Site
    pending: Sequence[PendingEvent]
    articles: Mapping[ArticleId, Article]
    material: Material


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

    @property
    def listing_assemblies(self) -> set[Assembly]:
        """What is assembled afterwards of what lists articles: terms, and selections."""
        return {of_selections(self.touched), *map(of_listing, self.touched - OWN_LISTINGS)}

    @property
    def archive_assemblies(self) -> set[Assembly]:
        """The articles to be archived afterwards, with all that shows them there: each event has changed their fragments."""
        return {Assembly(ARCHIVED_ARTICLE, item.event.article_id) for item in self.done}

    @property
    def withdrawals(self) -> list[PendingEvent]:
        """The events that took an article back."""
        return [item for item in self.done if item.event.type is EventType.ARTICLE_WITHDRAWN]


def syndicate(runtime: Runtime, lane: Lane) -> None:
    """Works off the events that wait in the lane, then what is to be assembled. What comes meanwhile brings a nudge of its
    own; what there is no time for is left to the next sweep."""
    began = assembled = time.monotonic()
    # A nudge may come before the commit of what it tells of, which on SQLite only the lock shows.
    events_wait = True
    sites: Sequence[SiteId] = ()
    while time.monotonic() - began < TASK_SECONDS and runtime.ending.since is None:
        work = _lease(runtime, lane) if events_wait else []
        for of_site in work:
            _syndicate_site(runtime, of_site)
        if sites:
            assemble_slices(runtime, sites, time.monotonic() + SLICES_SECONDS)
        if work and time.monotonic() - assembled > ASSEMBLE_SECONDS:
            assemble_for(runtime, ASSEMBLE_FOR_SECONDS)
            assembled = time.monotonic()
        in_vain = events_wait and not work  # somebody else is about to lease what waits
        events_wait, sites = _look(runtime, lane)
        if not sites and (in_vain or not events_wait):
            return


def _lease(runtime: Runtime, lane: Lane) -> Sequence[Work]:
    """The events that wait, now leased, by site. Their articles are read when the database's lock is free again. One that can't
    be read must not hold up the others: the leases count, and it comes last."""
    with runtime.database.write() as uow:
        leased = uow.events.lease(lane, runtime.holder, uow.now, runtime.settings.lease_seconds, BATCH_EVENTS)
        uow.commit()
    if not leased:
        return []
    try:
        with runtime.database.read() as uow:
            return _load(uow, leased)
    except Unavailable:  # which is nobody's fault: as if they hadn't been leased
        with suppress(Unavailable):
            _release(runtime, [item.event.id for item in leased])
        raise


def _look(runtime: Runtime, lane: Lane) -> tuple[bool, Sequence[SiteId]]:
    """Whether events wait that nobody is at; and if not, which sites have something to be assembled."""
    with runtime.database.read() as uow:
        if uow.events.has_unclaimed(lane, uow.now, runtime.settings.lease_seconds):
            return True, []
        return False, uow.assemblies.sites(uow.now)


def _load(uow: UnitOfWork, leased: Sequence[PendingEvent]) -> list[Work]:
    articles = uow.articles.many({item.event.article_id for item in leased})
    work = []
    for site_id, group in groupby(leased, key=lambda item: item.event.site_id):
        site, pending = uow.sites.get(site_id), list(group)
        own = {item.event.article_id: articles[item.event.article_id] for item in pending}
        work.append(Work(site, pending, own, material_for(uow, site, own.values())))
    return work


def _syndicate_site(runtime: Runtime, work: Work) -> None:
    batch = _render(runtime, work)
    try:
        stored_at = _store(runtime, work.site, batch)
    except LeaseLost:
        log.warning("lease_lost", site=work.site.name, events=[item.event.id for item in work.pending])
        return
    except SiteChanged:
        events = [item.event.id for item in work.pending]
        _release(runtime, events)
        log.info("site_changed", site=work.site.name, events=events)
        return
    _log(batch, stored_at)


def _release(runtime: Runtime, events: Sequence[EventId]) -> None:
    """Leaves the events to be taken up again at once."""
    with runtime.database.write() as uow:
        uow.events.release(events, runtime.holder)
        uow.commit()


def _render(runtime: Runtime, work: Work) -> Batch:
    """As many articles as there is time for, at least one. One that can't be rendered keeps its lease, so that it is tried
    again when that has run out."""
    rendered: dict[ArticleId, Rendered] = {}
    failed: set[ArticleId] = set()
    deadline = time.monotonic() + RENDER_SECONDS
    for article_id in dict.fromkeys(item.event.article_id for item in work.pending):
        done = render_each(runtime.pages, work.material, [work.articles[article_id]])
        rendered |= done
        if not done:
            failed.add(article_id)
        if time.monotonic() > deadline:
            break
    return Batch(
        rendered=rendered,
        done=[item for item in work.pending if item.event.article_id in rendered],
        put_off=[item for item in work.pending if item.event.article_id not in rendered and item.event.article_id not in failed],
    )


def _store(runtime: Runtime, site: Site, batch: Batch) -> datetime:
    """Stores all that the events lead to, and finishes them; when that was. Raises LeaseLost, SiteChanged."""
    with runtime.database.write() as uow:
        for item in batch.withdrawals:  # before the turn, which tells of them
            uow.tombstones.add(batch.rendered[item.event.article_id].article, item.listings)
        version = uow.sites.advance_version(site.id)
        if uow.sites.get(site.id) != site:
            raise SiteChanged
        uow.events.finish([item.event.id for item in batch.done], runtime.holder, uow.now)
        if batch.put_off:
            uow.events.release([item.event.id for item in batch.put_off], runtime.holder)
        # What has changed since it was rendered is left to its newer event: another lane may have stored that already.
        unchanged = uow.articles.unchanged(item.article for item in batch.rendered.values())
        fresh = {article_id: item for article_id, item in batch.rendered.items() if article_id in unchanged}
        uow.documents.replace_fragments([fragment for item in fresh.values() for fragment in item.fragments], fresh, uow.now)
        context = AssemblyContext(uow, runtime.pages, site, version, runtime.settings.feed_entries)
        listed = listing_documents(context, batch.touched & OWN_LISTINGS)
        documents, _ = to_store(context, [*(item.page for item in fresh.values()), *listed])
        subscribed = store(context, documents)
        _want(uow, site, batch)
        uow.pictures.expect([(item.awaits, article_id) for article_id, item in fresh.items() if item.awaits], uow.now)
        planned = 0
        if uow.partners.has_any(site.id):
            planned = sum(uow.deliveries.plan(item.event, item.listings, uow.now) for item in batch.done)
        uow.tallies.add(_tally(batch, len(documents), uow.now))
        uow.commit()
    runtime.announce(site.id, version.number, documents, to_partners=planned, to_subscribers=subscribed)
    return uow.now


def _want(uow: UnitOfWork, site: Site, batch: Batch) -> None:
    """What the events change elsewhere is due at once if nothing waits from events before them. Otherwise more will come, and it
    is put off, so that it is made once for all of them: what is made meanwhile nobody has the time to read."""
    keep_coming = uow.assemblies.has_due(site.id, uow.now + LISTING_INTERVAL)
    wanted = batch.listing_assemblies | batch.archive_assemblies
    uow.assemblies.want(site.id, wanted, next_slot(uow.now, LISTING_INTERVAL) if keep_coming else uow.now)


def _log(batch: Batch, stored_at: datetime) -> None:
    for item in batch.done:
        log.info(
            "event_syndicated",
            request_id=item.event.request_id,
            event_id=item.event.id,
            type=item.event.type,
            article_id=item.event.article_id,
            revision=item.event.revision,
            seconds=round((stored_at - item.event.created_at).total_seconds(), 4),
        )


def _tally(batch: Batch, documents: int, now: datetime) -> Tally:
    tally = Tally()
    for item in batch.done:
        tally.count(Measure.EVENTS, item.event.type)
        tally.observe(Measure.SYNDICATION_SECONDS, (now - item.event.created_at).total_seconds())
    tally.count(Measure.FRAGMENTS, by=sum(len(item.fragments) for item in batch.rendered.values()))
    tally.count(Measure.DOCUMENTS, by=documents)
    return tally
