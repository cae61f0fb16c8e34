"""Renders sites anew, slice by slice, each from its newest article to its oldest: after its making, a change of its title, or
when asked to rebuild. Nothing of what is stored is relied on: every piece is made and stored again."""

import time
from collections.abc import Collection, Iterable

from sokbo.domain.assembly import FEEDS, Assembly, of_listing
from sokbo.domain.document import Document
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING
from sokbo.domain.ids import SiteId
from sokbo.storage import UnitOfWork
from workers.archiving import whole_archive
from workers.listing_documents import AssemblyContext, store, to_store
from workers.rendering import Rendered, material_for, render_each
from workers.runtime import Runtime
from workers.yielding import TURN_SECONDS, give_way

#: Articles rendered in one transaction; between two of them, events have their turn.
SLICE_ARTICLES = 25


def render_anew(runtime: Runtime, sites: Iterable[tuple[SiteId, int]]) -> None:
    """Renders articles below the number given for each site, as many as there is time for in one turn, and at least one slice."""
    deadline = time.monotonic() + TURN_SECONDS
    for site_id, number in sites:
        below: int | None = number
        while below is not None:
            below = _render_slice(runtime, site_id, below)
            if time.monotonic() > deadline:
                return
            give_way(runtime)


def _render_slice(runtime: Runtime, site_id: SiteId, below: int) -> int | None:
    """The next slice; after the last, every listing is wanted anew. Where the one after it begins, the same again if the
    site has been changed meanwhile, None if there is none or if another worker has been at it."""
    with runtime.database.read() as uow:
        site = uow.sites.get(site_id)
        articles = uow.articles.below(site_id, below, SLICE_ARTICLES)
        material = material_for(uow, site, articles)
    following = articles[-1].number if len(articles) == SLICE_ARTICLES else None
    rendered = render_each(runtime.pages, material, articles)
    with runtime.database.write() as uow:
        version = uow.sites.advance_version(site_id)
        if uow.sites.get(site_id) != site:
            return below
        if not uow.sites.rendered_down_to(site_id, below, following):
            return None
        context = AssemblyContext(uow, runtime.pages, site, version, runtime.settings.feed_entries)
        documents, _ = to_store(context, _put_into_use(uow, rendered.values()), anew=True)
        subscribed = store(context, documents)
        if following is None:
            uow.assemblies.want(site_id, _everything(uow, site_id), uow.now)
        uow.commit()
    runtime.announce(site_id, version.number, documents, to_subscribers=subscribed)
    return following


def _put_into_use(uow: UnitOfWork, rendered: Collection[Rendered]) -> list[Document]:
    """The pages of those that haven't changed since they were rendered; with the others comes an event."""
    current = uow.articles.many([item.article.id for item in rendered])
    fresh = [item for item in rendered if current[item.article.id] == item.article]
    article_ids = [item.article.id for item in fresh]
    uow.documents.replace_fragments([], article_ids, uow.now)  # or those with the same bytes would be kept
    uow.documents.replace_fragments([fragment for item in fresh for fragment in item.fragments], article_ids, uow.now)
    uow.pictures.expect([(item.awaits, item.article.id) for item in fresh if item.awaits], uow.now)
    uow.archives.refresh([item.article for item in fresh])
    return [item.page for item in fresh]


def _everything(uow: UnitOfWork, site_id: SiteId) -> list[Assembly]:
    """All that is assembled for a site, whatever is stored of it."""
    chosen = [selection.listing for selection in uow.selections.of_site(site_id)]
    listings = [SITE_LISTING, BREAKING_LISTING, *uow.listings.known(site_id), *chosen]
    return [
        Assembly(FEEDS, anew=True),
        *(of_listing(listing, anew=True) for listing in listings),
        *whole_archive(uow, site_id),
    ]
