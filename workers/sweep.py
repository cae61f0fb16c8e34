"""The sweep: finds what nobody is doing. It asks first and writes only where there is something to do."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from sokbo.domain.article import Article
from sokbo.domain.event import Lane
from sokbo.domain.ids import new_id
from sokbo.domain.lifecycle import Change, end_breaking, publish_due
from sokbo.storage import UnitOfWork
from sokbo.storage.changes import write_change
from workers.anew import render_anew
from workers.assembly_queue import assemble_for, want_fresh_news
from workers.redrawing import redraw
from workers.runtime import Runtime
from workers.syndicate import syndicate
from workers.yielding import TURN_SECONDS

BATCH_ARTICLES = 100
#: What has been due to be assembled for so long was left by whoever was at it, or had been put off and no event has come since.
#: Whoever serves breaking news leaves it to the others for longer: they may be busy, and two who are at one site's assemblies are
#: in each other's way and in the accepting service's. No longer than this: what is put off is to be taken within five seconds.
LEFT_AFTER = {Lane.DEFAULT: timedelta(seconds=0.5), Lane.BREAKING: timedelta(seconds=2)}
#: Breaking news that has waited for so long is taken up by whoever serves the rest: its own worker may be frozen.
BREAKING_LEFT_AFTER = timedelta(seconds=2)
ACTOR = "sweeper"

log = structlog.get_logger()


def sweep(runtime: Runtime, lane: Lane) -> None:
    """Does what has become due: articles whose hour has come, breaking time that has run out, events and deliveries that
    wait in this lane and that nobody is at; and breaking news that nobody else has taken up."""
    seconds = runtime.settings.lease_seconds
    with runtime.database.read() as uow:
        hour_has_come = uow.articles.has_due(uow.now)
        breaking_is_over = uow.articles.has_breaking_over(uow.now)
        unclaimed = uow.events.unclaimed(uow.now, seconds)
        breaking_is_left = unclaimed.get(Lane.BREAKING, uow.now) <= uow.now - BREAKING_LEFT_AFTER
        misdated = uow.deliveries.are_misdated(uow.now)
        deliveries_wait = any(uow.deliveries.unclaimed(pushed, uow.now, seconds) for pushed in runtime.pump.lanes)
        to_park = uow.deliveries.to_park(lane, uow.now, seconds)
        to_assemble = bool(uow.assemblies.sites(uow.now - LEFT_AFTER[lane]))
    if hour_has_come:
        _change(runtime, lambda uow: uow.articles.due(uow.now, BATCH_ARTICLES), publish_due)
    if breaking_is_over:
        _change(runtime, lambda uow: uow.articles.breaking_over(uow.now, BATCH_ARTICLES), end_breaking)
    if breaking_is_left and Lane.BREAKING not in runtime.lanes:
        syndicate(runtime, Lane.BREAKING)
    if lane in unclaimed or hour_has_come or breaking_is_over or to_assemble:
        for waiting in runtime.lanes:
            syndicate(runtime, waiting)
    if to_park or misdated:
        with runtime.database.write() as uow:
            uow.deliveries.park(lane, uow.now, runtime.settings.lease_seconds)
            uow.deliveries.make_misdated_due(uow.now)
            uow.commit()
    if deliveries_wait or misdated:
        runtime.wake_deliveries()
    if lane is Lane.DEFAULT:
        _tend(runtime)


def _tend(runtime: Runtime) -> None:
    """What need not be as quick as the rest: news that is no longer new, pictures, subscribers, sites that are rendered anew."""
    with runtime.database.read() as uow:
        news_is_stale = uow.sitemaps.has_stale_news(uow.now)
        pictures_wait = uow.pictures.is_due(uow.now, runtime.settings.lease_seconds)
        requests_wait = uow.subscriptions.is_due(uow.now, runtime.settings.lease_seconds)
        to_redraw = bool(uow.pictures.settled(1))
        to_render = uow.sites.being_rendered()
    if news_is_stale:
        want_fresh_news(runtime)
    if pictures_wait:
        runtime.wake_image_processor()
    if requests_wait:
        runtime.wake_verifier()
    if to_redraw:
        redraw(runtime)
    if to_render:
        render_anew(runtime, to_render)
    if news_is_stale or to_render:
        assemble_for(runtime, TURN_SECONDS)


def _change(
    runtime: Runtime, find: Callable[[UnitOfWork], Sequence[Article]], change: Callable[[Article, datetime], Change]
) -> None:
    """Writes the change of each article found, with its events, in one transaction.

    It is durable: after a loss of power other events would bear numbers that partners have been given already.
    """
    request_id = new_id("req")
    with runtime.database.write(durable=True) as uow:
        events = [
            event
            for article in find(uow)
            for event in write_change(uow, change(article, uow.now), actor=ACTOR, request_id=request_id)
        ]
        uow.commit()
    for event in events:
        log.info("event_recorded", request_id=request_id, event_id=event.id, type=event.type, article_id=event.article_id)
