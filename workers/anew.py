"""Renders a site anew, slice by slice, from its newest article to its oldest: after its making, or a change of its title."""

from sokbo.broker import Announcement
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING
from sokbo.domain.ids import SiteId
from workers.assembling import assemble, changed, feeds_page
from workers.rendering import render_article
from workers.runtime import Runtime

#: Articles rendered in one transaction; between two of them, events have their turn.
SLICE_ARTICLES = 50


def render_anew(runtime: Runtime, site_id: SiteId, below: int) -> None:
    """The next slice of articles below that number; with the last, every listing. Nothing if another worker has been at it."""
    with runtime.database.read() as uow:
        site = uow.sites.get(site_id)
        articles = uow.articles.below(site_id, below, SLICE_ARTICLES)
    is_last = len(articles) < SLICE_ARTICLES
    rendered = [render_article(runtime.pages, site, article, runtime.database.clock()) for article in articles]
    with runtime.database.write() as uow:
        version = uow.sites.next_version(site_id)
        if not uow.sites.rendered_down_to(site_id, below, None if is_last else articles[-1].number):
            return
        current = uow.articles.many([article.id for article in articles])
        fresh = [item for item in rendered if current[item.article.id] == item.article]
        fragments = [fragment for item in fresh for fragment in item.fragments]
        uow.documents.replace_fragments(fragments, [item.article.id for item in fresh], uow.now)
        documents = [item.page for item in fresh]
        if is_last:
            listings = [SITE_LISTING, BREAKING_LISTING, *uow.listings.known(site_id)]
            documents += assemble(uow, runtime.pages, site, listings, runtime.settings.feed_entries)
            documents.append(feeds_page(uow, runtime.pages, site))
        stored = changed(uow, site, documents, version)
        uow.documents.store(stored)
        uow.commit()
    runtime.broker.announce([Announcement(site_id, version, tuple(document.path for document in stored))])
