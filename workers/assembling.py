"""From listings to documents: fragments that are there already, put into fresh shells."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sokbo.domain.compression import piece
from sokbo.domain.document import BREAKING_STRIP_PATH, EMPTY, Document, FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from sokbo.domain.site import Site
from sokbo.storage import UnitOfWork
from sokbo.storage.documents import ListedEntry
from workers.feeds import FORMATS, FeedFormat, FooterLink, footer_link
from workers.pages.renderer import STRIP_LINKS, PageRenderer
from workers.rendering import HTML, digest, kept_piece, page_document

FEEDS_PATH = "feeds"
#: Partners include the strip in pages of their own, from any origin and without a policy of ours.
_STRIP_HEADERS = {"X-Content-Type-Options": "nosniff"}


def assemble(uow: UnitOfWork, pages: PageRenderer, site: Site, touched: Iterable[Listing], limit: int) -> list[Document]:
    """Every document of the touched listings; the breaking strip if one of them is the breaking list; the page of feeds if
    one of them has no page yet. The caller holds the site's version, so that nobody else assembles meanwhile."""
    listings = uow.listings.labelled(site.id, touched)
    made: list[Document] = []
    footer: FooterLink | None = None
    if BREAKING_LISTING in listings:
        breaking = uow.listings.newest(site.id, BREAKING_LISTING, STRIP_LINKS)
        footer = footer_link(site, breaking[0] if breaking else None)
        made.append(
            _strip(
                site, pages.breaking_strip(site, breaking), max((item.modified_at for item in breaking), default=site.created_at)
            )
        )
    for listing in listings:
        entries = uow.documents.entries(site.id, listing, limit)
        shown = footer if listing == BREAKING_LISTING else None
        made.extend(_feed(site, listing, form, entries, shown) for form in FORMATS.values())
        made.append(_list_page(pages, site, listing, entries))
    if uow.documents.missing(site.id, [listing.path for listing in listings]):
        made.append(feeds_page(uow, pages, site))
    return made


def feeds_page(uow: UnitOfWork, pages: PageRenderer, site: Site) -> Document:
    """The page that lists all the site's feeds."""
    known = [SITE_LISTING, BREAKING_LISTING, *uow.listings.known(site.id)]
    return page_document(site, FEEDS_PATH, pages.feeds(site, known), site.created_at)


def changed(uow: UnitOfWork, site: Site, made: Sequence[Document], version: int) -> list[Document]:
    """Those that are not stored yet just as they are, with the site's new version, modified now."""
    stored = uow.documents.etags(site.id, [document.path for document in made])
    return [
        replace(document, version=version, last_modified=max(document.last_modified, uow.now))
        for document in made
        if stored.get(document.path) != document.etag
    ]


def _updated(site: Site, entries: Sequence[ListedEntry]) -> datetime:
    return max((entry.modified_at for entry in entries), default=site.created_at)


def _feed(site: Site, listing: Listing, form: FeedFormat, entries: Sequence[ListedEntry], footer: FooterLink | None) -> Document:
    shell = form.shell(site, listing, _updated(site, entries), footer)
    listed = [entry.fragments[form.format] for entry in entries]
    return Document(
        site_id=site.id,
        path=listing.feed_path(form.suffix),
        media_type=form.media_type,
        etag=digest([shell.head, shell.separator, shell.tail, *(name.encode() for _, name in listed)]),
        last_modified=_updated(site, entries),
        head=piece(shell.head),
        separator=kept_piece(shell.separator) if listed else EMPTY,
        tail=kept_piece(shell.tail),
        fragments=tuple(number for number, _ in listed),
    )


def _list_page(pages: PageRenderer, site: Site, listing: Listing, entries: Sequence[ListedEntry]) -> Document:
    updated = _updated(site, entries)
    shell = pages.listing(site, listing, updated if entries else None, empty=not entries)
    cards = [entry.fragments[FragmentFormat.CARD] for entry in entries]
    return page_document(site, listing.path, shell, updated, cards)


def _strip(site: Site, raw: bytes, last_modified: datetime) -> Document:
    return Document(
        site_id=site.id,
        path=BREAKING_STRIP_PATH,
        media_type=HTML,
        etag=digest([raw]),
        last_modified=last_modified,
        head=piece(raw),
        headers=_STRIP_HEADERS,
    )
