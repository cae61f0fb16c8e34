"""Renders articles again when all is known of the pictures that they show. No event tells of it: what they say is the same."""

import time
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

import structlog

from sokbo.domain.article import Article
from sokbo.domain.assembly import ARCHIVED_ARTICLE, Assembly, of_listing, of_selections
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.domain.lifecycle import listings_of
from sokbo.domain.picture import Picture, PictureState
from sokbo.storage import UnitOfWork
from workers.assembly_queue import assemble_for
from workers.listing_documents import AssemblyContext, store, to_store
from workers.rendering import material_for, render_each
from workers.runtime import Runtime
from workers.yielding import TURN_SECONDS, give_way

#: Articles rendered in one turn of the work; between two of them, events go first.
SLICE_ARTICLES = 25

Awaited = tuple[str, ArticleId]

log = structlog.get_logger()


def redraw(runtime: Runtime) -> None:
    """Renders what waits for pictures that are settled, as much as there is time for in one turn."""
    deadline = time.monotonic() + TURN_SECONDS
    while settled := _settled(runtime):
        with runtime.database.read() as uow:
            pictures = uow.pictures.known({source for source, _ in settled})
            articles = uow.articles.many({article_id for _, article_id in settled})
        in_order = sorted(settled, key=lambda item: articles[item[1]].site_id)
        for site_id, group in groupby(in_order, key=lambda item: articles[item[1]].site_id):
            _redraw_site(runtime, site_id, list(group), articles, pictures)
        if time.monotonic() > deadline:
            break
        give_way(runtime)
    assemble_for(runtime, TURN_SECONDS)


def _settled(runtime: Runtime) -> Sequence[Awaited]:
    with runtime.database.read() as uow:
        return uow.pictures.settled(SLICE_ARTICLES)


def _redraw_site(
    runtime: Runtime,
    site_id: SiteId,
    settled: Sequence[Awaited],
    articles: Mapping[ArticleId, Article],
    pictures: Mapping[str, Picture],
) -> None:
    """Whoever has been changed meanwhile goes on waiting: its newer event may have been rendered without the picture too. Those
    that can't be rendered are not tried for ever."""
    known = {source for source, picture in pictures.items() if picture.state is PictureState.READY or picture.is_dead}
    changed = [articles[article_id] for article_id in {article_id for source, article_id in settled if source in known}]
    with runtime.database.read() as uow:
        site = uow.sites.get(site_id)
        material = material_for(uow, site, changed)
    rendered = render_each(runtime.pages, material, changed)
    with runtime.database.write() as uow:
        version = uow.sites.advance_version(site_id)
        if uow.sites.get(site_id) != site:  # they are rendered anew as well, and until then go on waiting
            return
        unchanged = uow.articles.unchanged(articles[article_id] for _, article_id in settled)
        uow.pictures.forget([item for item in settled if item[1] in unchanged])
        fresh = {article_id: item for article_id, item in rendered.items() if article_id in unchanged}
        uow.documents.replace_fragments([fragment for item in fresh.values() for fragment in item.fragments], fresh, uow.now)
        context = AssemblyContext(uow, runtime.pages, site, version, runtime.settings.feed_entries)
        documents, _ = to_store(context, [item.page for item in fresh.values()])
        subscribed = store(context, documents)
        _want_lists(uow, site_id, [item.article for item in fresh.values()])
        uow.commit()
    runtime.announce(site_id, version.number, documents, to_subscribers=subscribed)
    log.info("articles_redrawn", site=site.name, articles=list(fresh))


def _want_lists(uow: UnitOfWork, site_id: SiteId, articles: Collection[Article]) -> None:
    shown_in = {listing for article in articles for listing in listings_of(article, uow.now)}
    archived = (Assembly(ARCHIVED_ARTICLE, article.id) for article in articles)
    uow.assemblies.want(site_id, [of_selections(shown_in), *map(of_listing, shown_in), *archived], uow.now)
