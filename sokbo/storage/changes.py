"""Writes a change: the article, its listings, its events and the audit, all in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from sokbo.domain.event import Event
from sokbo.domain.feed import Listing
from sokbo.domain.ids import EventId, new_id
from sokbo.domain.lifecycle import Change
from sokbo.storage.unit_of_work import UnitOfWork


def write_change(uow: UnitOfWork, change: Change, *, actor: str, request_id: str) -> Sequence[Event]:
    """The events that the change led to, in order. Raises Conflict when the external_id is taken."""
    article = change.article
    if change.is_new:
        uow.articles.add(article, request_id)
    else:
        uow.articles.save(article, request_id if change.is_revision else None)
    stood = [] if change.is_new else uow.listings.hide(article.id)
    if change.shown_in:
        uow.listings.show(article, change.shown_in)
    uow.audit.record(article.site_id, actor, change.action, article.id, request_id, uow.now)
    events = [
        Event(
            id=EventId(new_id("evt")),
            site_id=article.site_id,
            sequence=uow.sites.next_sequence(article.site_id),
            type=event_type,
            article_id=article.id,
            revision=article.revision,
            breaking=change.breaking,
            created_at=uow.now,
            request_id=request_id,
        )
        for event_type in change.events
    ]
    for event in events:
        uow.events.append(event, change.touched)
    if left := _left(change, stood):  # behind the events: who numbers them holds the site's counters
        uow.departures.note(article.site_id, left, max(uow.now, article.modified_at))
    return events


def _left(change: Change, stood: Sequence[tuple[Listing, datetime]]) -> list[tuple[Listing, datetime]]:
    """The places where the article stands no more; in some of the listings it may have an older one now."""
    shown_in = {(listing.kind, listing.key) for listing in change.shown_in}
    now_at = change.article.published_at
    return [
        (listing, published_at)
        for listing, published_at in stood
        if (listing.kind, listing.key) not in shown_in or (now_at is not None and now_at < published_at)
    ]
