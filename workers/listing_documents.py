"""From listings to documents: fragments that are there already, put into fresh shells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sokbo.domain.compression import piece
from sokbo.domain.document import BREAKING_STRIP_PATH, EMPTY, Document, FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing
from sokbo.domain.site import Site
from sokbo.storage import UnitOfWork
from sokbo.storage.documents import ListedEntry, PlacedEntry, State
from sokbo.storage.sites import SiteVersion
from workers.feeds import FORMATS, NO_HISTORY, FeedFormat, FooterLink, History, Shell, footer_link
from workers.feeds.item import second
from workers.pages.renderer import STRIP_LINKS, PageRenderer
from workers.rendering import HTML, digest, joined, kept_piece, link_header, page_document

SECOND = timedelta(seconds=1)
#: Before any article.
EVER = datetime.min.replace(tzinfo=UTC)
_NOTHING = State("", EVER, ())
#: Partners include the strip in pages of their own, from any origin and without a policy of ours.
_STRIP_HEADERS = {"X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class AssemblyContext:
    """Where a site's documents are assembled: in a transaction that holds the site's version, so that nobody else assembles
    meanwhile. `entries` is how many articles a listing shows at most."""

    uow: UnitOfWork
    pages: PageRenderer
    site: Site
    version: SiteVersion
    entries: int


def listing_documents(context: AssemblyContext, touched: Iterable[Listing]) -> list[Document]:
    """Every document of the listings, under the labels that they are known by; the breaking strip with the breaking list."""
    site = context.site
    made: list[Document] = []
    for listing in context.uow.listings.labelled(site.id, touched):
        entries, left_at = _entries(context, listing)
        history = History(previous=context.version.archive) if listing == SITE_LISTING else NO_HISTORY
        footer: FooterLink | None = None
        if listing == BREAKING_LISTING:
            strip, footer = _strip(context)
            made.append(strip)
        updated = updated_at(site, entries, left_at)
        for form in FORMATS.values():
            shell = form.shell(site, listing, updated, footer, history)
            made.append(feed_document(site, listing.feed_path(form.suffix), form, shell, entries, updated))
        made.append(_list_page(context.pages, site, listing, entries))
    return made


def to_store(context: AssemblyContext, made: Sequence[Document], *, anew: bool = False) -> tuple[list[Document], list[Document]]:
    """The documents that differ from what is stored at their path, with the site's new version and the time of its change; and
    those of them that are the first at their path, or have begun or ceased to list anything. `anew`: those that don't differ as
    well, with the time that they had, as those whose fragments were replaced by others with the same bytes."""
    uow = context.uow
    stored = uow.documents.states(context.site.id, [document.path for document in made])
    kept: list[Document] = []
    for document in made:
        etag, modified_at, fragments = stored.get(document.path, _NOTHING)
        if etag != document.etag:
            modified_at = _changed_at(uow.now, modified_at)
        elif fragments == document.fragments and not anew:
            continue
        kept.append(replace(document, version=context.version.number, last_modified=modified_at))
    return kept, [document for document in kept if _is_turning_point(document, stored.get(document.path))]


def _is_turning_point(document: Document, stored: State | None) -> bool:
    return stored is None or bool(document.fragments) != bool(stored.fragments)


def store(context: AssemblyContext, made: Sequence[Document]) -> int:
    """Puts documents at their paths, and plans to send them to those who are subscribed to them; how many that are."""
    context.uow.documents.store(made)
    until = context.version.subscribed_until
    if until is None or until <= context.uow.now:  # as in most sites, which are spared the question
        return 0
    return context.uow.subscriptions.plan(context.site.id, [document.path for document in made], context.uow.now)


def _changed_at(now: datetime, before: datetime) -> datetime:
    """The whole second that begins next: once it has come and is told, no other change bears it, and whoever asks by that time
    alone sees each. Later than `before`, where a clock that was ahead has put that further off."""
    following = second(now) + SECOND
    return before + SECOND if before > following else following


def _entries(context: AssemblyContext, listing: Listing) -> tuple[Sequence[PlacedEntry], datetime | None]:
    """The listing's newest articles with its tombstones of the same period, and when an article of that period last left it."""
    uow, site_id, most = context.uow, context.site.id, context.entries
    entries = uow.documents.entries(site_id, listing, most)
    oldest = entries[-1].published_at if len(entries) == most else EVER
    left_at = uow.departures.last(site_id, listing, oldest)
    if context.version.withdrawn is None or context.version.withdrawn < oldest:
        return entries, left_at
    tombstones = uow.tombstones.of_listing(site_id, listing, oldest, most)
    everything = [*entries, *tombstones.values()]
    return sorted(everything, key=lambda entry: (entry.published_at, entry.number), reverse=True), left_at


def updated_at(site: Site, entries: Iterable[ListedEntry], left_at: datetime | None = None) -> datetime:
    """When what the entries show was last modified, or one that isn't among them any more left at `left_at`."""
    moments = [entry.modified_at for entry in entries]
    return max(moments if left_at is None else [*moments, left_at], default=site.created_at)


def feed_document(
    site: Site,
    path: str,
    form: FeedFormat,
    shell: Shell,
    entries: Sequence[ListedEntry],
    updated: datetime,
    *,
    is_topic: bool = True,
) -> Document:
    """The shell with those of the entries that there are in its format: tombstones aren't in every one. It names its address,
    and as a topic its hub."""
    listed = [entry.fragments[form.format] for entry in entries if form.format in entry.fragments]
    return Document(
        site_id=site.id,
        path=path,
        media_type=form.media_type,
        etag=digest([shell.head, shell.separator, shell.tail, joined(listed)]),
        last_modified=updated,
        head=piece(shell.head),
        separator=kept_piece(shell.separator) if listed else EMPTY,
        tail=kept_piece(shell.tail),
        fragments=tuple(number for number, _ in listed),
        headers=link_header(site, path, is_topic=is_topic),
    )


def _list_page(pages: PageRenderer, site: Site, listing: Listing, entries: Sequence[ListedEntry]) -> Document:
    shown = [entry for entry in entries if FragmentFormat.CARD in entry.fragments]
    updated = updated_at(site, shown)
    shell = pages.listing(site, listing, updated if shown else None)
    cards = [entry.fragments[FragmentFormat.CARD] for entry in shown]
    return page_document(site, listing.path, shell, updated, cards)


def _strip(context: AssemblyContext) -> tuple[Document, FooterLink | None]:
    """The breaking strip, and the link that leads the breaking feeds."""
    site = context.site
    breaking = context.uow.listings.newest(site.id, BREAKING_LISTING, STRIP_LINKS)
    raw = context.pages.breaking_strip(site, breaking)
    document = Document(
        site_id=site.id,
        path=BREAKING_STRIP_PATH,
        media_type=HTML,
        etag=digest([raw]),
        last_modified=max((item.modified_at for item in breaking), default=site.created_at),
        head=piece(raw),
        headers=_STRIP_HEADERS,
    )
    return document, footer_link(site, breaking[0] if breaking else None)
