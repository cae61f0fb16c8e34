"""Selections' feeds: fragments as those of listings, but for the forms that only selections want, which are rendered here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from http import HTTPStatus

import structlog

from sokbo.domain.assembly import of_listing
from sokbo.domain.compression import piece
from sokbo.domain.dialects import DIALECTS, Subject
from sokbo.domain.document import EMPTY, Document, Fragment
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import ArticleId
from sokbo.domain.illustration import illustration, sources
from sokbo.domain.selection import Selection, private_path
from sokbo.storage.documents import ListedEntry
from sokbo.storage.forms import LEFT_OUT
from workers.assembling import Workshop, updated_at
from workers.feeds import FORMATS, FeedFormat, Options, formats_of
from workers.feeds.words import word
from workers.rendering import digest, fragment, kept_piece

#: Articles rendered in one turn; the selection's others follow in turns of their own.
RENDERED_AT_ONCE = 10
#: Where a dialect leaves articles out, it looks at so many times as many as the feed shall have.
CANDIDATES = 4

_PRIVATE_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_SUFFIXES = tuple(form.suffix for form in FORMATS.values())

log = structlog.get_logger()


def selection_documents(workshop: Workshop, names: Sequence[str]) -> list[Document]:
    """The feeds of the selections of these names; the empty name has all of the site's wanted, each by itself."""
    uow, site = workshop.uow, workshop.site
    if "" in names:
        listings = [selection.listing for selection in uow.selections.of_site(site.id)]
        uow.assemblies.want(site.id, map(of_listing, listings), uow.now)
    return [document for name in names if name for document in _documents(workshop, name)]


def _documents(workshop: Workshop, name: str) -> list[Document]:
    selection = workshop.uow.selections.get(workshop.site.id, name)
    made = [] if selection is None else [_feed(workshop, selection, form) for form in formats_of(selection)]
    _drop_left(workshop, name, made)
    return [*made, *_taken_back(workshop, name, {document.path for document in made})]


def _feed(workshop: Workshop, selection: Selection, form: FeedFormat) -> Document:
    site, listing = workshop.site, selection.listing
    entries = _entries(workshop, selection, form)
    updated = updated_at(site, entries)
    options = Options(hidden=selection.private, language=selection.language, logo=selection.logo)
    shell = form.shell(site, listing, updated, options=options)
    entries = _as_many_as_fit(workshop, selection, entries, form, len(shell.head + shell.tail))
    listed = [entry.fragments[form.format] for entry in entries]
    path = private_path(selection.name, form.suffix) if selection.private else listing.feed_path(form.suffix)
    return Document(
        site_id=site.id,
        path=path,
        media_type=form.media_type,
        etag=digest([shell.head, shell.separator, shell.tail, *(name.encode() for _, name in listed)]),
        last_modified=updated,
        head=piece(shell.head),
        separator=kept_piece(shell.separator) if listed else EMPTY,
        tail=kept_piece(shell.tail),
        fragments=tuple(number for number, _ in listed),
        headers=_PRIVATE_HEADERS if selection.private else {},
    )


def _entries(workshop: Workshop, selection: Selection, form: FeedFormat) -> list[ListedEntry]:
    """The newest articles' entries in that form, as far as they have been rendered; no more than the feed shall have."""
    uow, wanted = workshop.uow, selection.entries
    looked_at = wanted * CANDIDATES if selection.profile in DIALECTS else wanted
    article_ids = uow.selections.articles(selection, workshop.site.language, looked_at)
    known = uow.forms.entries(article_ids)
    missing = _missing(article_ids, known, form, wanted)
    if missing:
        _render(workshop, selection, form, missing[:RENDERED_AT_ONCE])
        known |= uow.forms.entries(missing[:RENDERED_AT_ONCE])
    if _missing(article_ids, known, form, wanted):
        uow.assemblies.want(workshop.site.id, [of_listing(selection.listing)], uow.now)
    shown = [known[article_id] for article_id in article_ids if article_id in known]
    return [entry for entry in shown if entry.fragments.get(form.format, LEFT_OUT) != LEFT_OUT][:wanted]


def _missing(
    article_ids: Iterable[ArticleId], known: dict[ArticleId, ListedEntry], form: FeedFormat, wanted: int
) -> list[ArticleId]:
    """The articles without that form which it takes to fill a feed, if none of them is left out."""
    missing, have = [], 0
    for article_id in article_ids:
        if have == wanted:
            break
        entry = known.get(article_id)
        if entry is None:
            continue
        state = entry.fragments.get(form.format)
        if state is None:
            missing.append(article_id)
        have += state is None or tuple(state) != LEFT_OUT
    return missing


def _render(workshop: Workshop, selection: Selection, form: FeedFormat, article_ids: Sequence[ArticleId]) -> None:
    """Makes the articles' entries in that form, but for those that break a hard rule of its dialect."""
    uow = workshop.uow
    dialect = DIALECTS.get(selection.profile)
    made: list[Fragment] = []
    left_out: list[ArticleId] = []
    articles = uow.articles.many(article_ids)
    pictures = uow.pictures.known(sources(articles.values()))
    for article in articles.values():
        picture = illustration(workshop.site, article.content, pictures)
        subject = Subject(article.content, article.published_at or article.created_at, uow.now, picture)
        if dialect is not None and not dialect.takes(subject):
            left_out.append(article.id)
            continue
        try:
            made.append(fragment(article, form.format, form.entry(workshop.site, article, picture)))
        except Exception:  # the edge: one article that can't be rendered must not hold up the others
            log.exception("render_failed", article_id=article.id, revision=article.revision, form=form.format)
            left_out.append(article.id)
    uow.forms.add(made, left_out, form.format)


def _as_many_as_fit(
    workshop: Workshop, selection: Selection, entries: list[ListedEntry], form: FeedFormat, taken_bytes: int
) -> list[ListedEntry]:
    """The newest of the entries that the dialect's largest feed has room for."""
    dialect = DIALECTS.get(selection.profile)
    if dialect is None or dialect.max_bytes is None:
        return entries
    sizes = workshop.uow.forms.sizes(entry.fragments[form.format][0] for entry in entries)
    for index, entry in enumerate(entries):
        taken_bytes += sizes[entry.fragments[form.format][0]] + 1
        if taken_bytes > dialect.max_bytes:
            return entries[:index]
    return entries


def _drop_left(workshop: Workshop, name: str, made: Sequence[Document]) -> None:
    """Keeps no further form of an article that has left the selection, unless it stands in another one that wants it."""
    uow, site_id = workshop.uow, workshop.site.id
    before = uow.documents.listed(site_id, _paths(name)).values()
    left = {number for numbers in before for number in numbers} - {number for document in made for number in document.fragments}
    left = uow.forms.further(left)
    if not left:
        return
    others = [path for other in uow.selections.of_site(site_id) if other.name != name for path in _paths(other.name)]
    for still_listed in uow.documents.listed(site_id, others).values():
        left -= {*still_listed}
    uow.forms.drop(left, uow.now)


def _taken_back(workshop: Workshop, name: str, made: set[str]) -> list[Document]:
    """What stands, from now on, where the selection of that name had feeds and has none any more."""
    uow, site = workshop.uow, workshop.site
    uow.documents.remove(site.id, {*_private_paths(name)} - made)
    gone = uow.documents.states(site.id, {*_public_paths(name)} - made)
    said = f"{word('taken_back', site.language)}\n".encode()
    return [_gone(workshop, path, said, modified_at) for path, (_, modified_at) in gone.items()]


def _gone(workshop: Workshop, path: str, said: bytes, modified_at: datetime) -> Document:
    return Document(
        site_id=workshop.site.id,
        path=path,
        media_type="text/plain; charset=utf-8",
        etag=digest([said]),
        last_modified=modified_at,
        head=piece(said),
        status=HTTPStatus.GONE,
    )


def _paths(name: str) -> list[str]:
    """Wherever feeds of the selection may be stored."""
    return [*_public_paths(name), *_private_paths(name)]


def _public_paths(name: str) -> list[str]:
    return [Listing(ListingKind.SELECTION, name).feed_path(suffix) for suffix in _SUFFIXES]


def _private_paths(name: str) -> list[str]:
    return [private_path(name, suffix) for suffix in _SUFFIXES]
