"""Selections' feeds: fragments as those of listings, but for the forms that only selections want, which are rendered here."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

import structlog

from sokbo.domain.archive import publication_time
from sokbo.domain.assembly import of_listing, touched_paths
from sokbo.domain.dialects import DIALECTS, Subject
from sokbo.domain.document import Document, Fragment
from sokbo.domain.feed import BREAKING_LISTING, FEED_SUFFIXES, SITE_LISTING, Listing, ListingKind
from sokbo.domain.ids import ArticleId
from sokbo.domain.lead_image import lead_image, named_picture, with_current_media_urls
from sokbo.domain.selection import PLAIN, Selection, private_path
from sokbo.storage.documents import ListedEntry, State
from sokbo.storage.selection_fragments import LEFT_OUT
from sokbo.translations import translate
from workers.feeds import ATOM, FeedFormat, Options, formats_of
from workers.feeds.item import item
from workers.listing_documents import EVER, AssemblyContext, feed_document, updated_at
from workers.rendering import fragment, gone_document, material_for

#: Articles rendered in one turn; the selection's others follow in turns of their own.
RENDERED_AT_ONCE = 10
#: Where a dialect leaves articles out, twice the wanted number are looked at first, and five times only if those don't fill the
#: feed: articles of one language are found by reading them.
CANDIDATES = (2, 5)
#: Withdrawn articles of the site that are looked at for those of a selection.
MOST_TOMBSTONES = 200

_PRIVATE_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}

log = structlog.get_logger()


def want_affected_selections(context: AssemblyContext, keys: Sequence[str]) -> list[Document]:
    """No document: it has those of the site's selections wanted, each by itself, which changes in the named listings concern."""
    touched = [touched_paths(key) for key in keys]
    concerned = [
        of_listing(selection.listing)
        for selection in context.uow.selections.of_site(context.site.id)
        if any(paths is None or selection.is_concerned(paths) for paths in touched)
    ]
    context.uow.assemblies.want(context.site.id, concerned, context.uow.now)
    return []


def selection_documents(context: AssemblyContext, names: Sequence[str]) -> list[Document]:
    """The feeds of the selections of these names, and what takes the place of those that they have no longer."""
    return [document for name in names for document in _documents(context, name)]


def _documents(context: AssemblyContext, name: str) -> list[Document]:
    uow, site = context.uow, context.site
    selection = uow.selections.get(site.id, name)
    stored = uow.documents.states(site.id, [*_public_paths(name), *_private_paths(name)])
    feeds = [] if selection is None else _feeds(context, selection)
    # A feed that has entries stands until the new one has all of its own: readers would take those that lack for gone.
    kept = {feed.path for feed, is_whole in feeds if not is_whole and feed.path in stored and stored[feed.path].fragments}
    made = [feed for feed, _ in feeds if feed.path not in kept]
    _drop_departed_forms(context, name, stored, kept, made)
    return [*made, *_gone_feeds(context, name, stored.keys() - {feed.path for feed, _ in feeds})]


def _feeds(context: AssemblyContext, selection: Selection) -> list[tuple[Document, bool]]:
    """The selection's feeds; False where entries are still to be rendered, for which there is another turn then."""
    forms = formats_of(selection)
    candidates, oldest, is_last = _candidates(context, selection, forms)
    left_at = _left_at(context, selection, oldest)
    tombstones = _tombstones(context, selection, oldest) if selection.profile == PLAIN else []
    made = []
    for form in forms:
        looked_at, is_whole = _looked_at(context, selection, form, candidates, is_last=is_last)
        if form.suffix == ATOM.suffix:
            looked_at += [ListedEntry(item.modified_at, {form.format: item.fragments[ATOM.format]}) for item in tombstones]
        made.append((_feed(context, selection, form, looked_at, left_at), is_whole))
    if not all(is_whole for _, is_whole in made):  # anew: its bytes may be the same then, and its fragments are others
        context.uow.assemblies.want(context.site.id, [of_listing(selection.listing, anew=True)], context.uow.now)
    return made


def _candidates(
    context: AssemblyContext, selection: Selection, forms: Sequence[FeedFormat]
) -> tuple[dict[ArticleId, ListedEntry], datetime, bool]:
    """The newest articles, from which the feeds' entries are taken; when the last of them was published; True if no more will be
    looked at, whatever is left out of these."""
    dialect = selection.profile in DIALECTS
    for times in CANDIDATES if dialect else (1,):
        wanted = selection.entries * times
        article_ids = context.uow.selections.articles(selection, context.site.language, wanted)
        known = context.uow.selection_fragments.entries(article_ids)
        candidates = {article_id: known[article_id] for article_id in article_ids if article_id in known}
        is_last = not dialect or times == CANDIDATES[-1] or len(article_ids) < wanted
        if is_last or all(_may_fill(candidates, form, selection.entries) for form in forms):
            break
    return candidates, _oldest(context, article_ids, wanted), is_last


def _oldest(context: AssemblyContext, article_ids: Sequence[ArticleId], wanted: int) -> datetime:
    """When the last of the articles was published; where they are fewer than wanted, none is too old to stand among them."""
    if len(article_ids) < wanted:
        return EVER
    return publication_time(context.uow.articles.many(article_ids[-1:])[article_ids[-1]])


def _left_at(context: AssemblyContext, selection: Selection, oldest: datetime) -> datetime | None:
    """When an article no older than that last left one of the listings that lead to the selection."""
    uow, site_id = context.uow, context.site.id
    leading = selection.named or [SITE_LISTING]
    return max(filter(None, (uow.departures.last(site_id, listing, oldest) for listing in leading)), default=None)


def _tombstones(context: AssemblyContext, selection: Selection, oldest: datetime) -> Sequence[ListedEntry]:
    """Of the withdrawn articles that would stand among the selection's, the oldest of which was published then. They go behind
    the entries: their order means nothing (RFC 4287 section 4.1.1)."""
    uow, site = context.uow, context.site
    if context.version.withdrawn is None or context.version.withdrawn < oldest:
        return []
    leading = BREAKING_LISTING if selection.breaking else SITE_LISTING
    withdrawn = uow.tombstones.of_listing(site.id, leading, oldest, MOST_TOMBSTONES)
    articles = uow.articles.many(withdrawn)
    return [
        tombstone
        for article_id, tombstone in withdrawn.items()
        if selection.admits(articles[article_id].content, breaking=True, site_language=site.language)
    ][: selection.entries]


def _feed(
    context: AssemblyContext, selection: Selection, form: FeedFormat, looked_at: Sequence[ListedEntry], left_at: datetime | None
) -> Document:
    """Those that are left out count for its date: one of them may have stood in it, and no feed may become older."""
    site, listing = context.site, selection.listing
    updated = updated_at(site, looked_at, left_at)
    entries = [entry for entry in looked_at if _is_shown(entry, form)]
    options = Options(hidden=selection.private, language=selection.language, logo=selection.logo)
    shell = form.shell(site, listing, updated, options=options)
    entries = _as_many_as_fit(context, selection, entries, form, len(shell.head + shell.tail))
    path = private_path(selection.name, form.suffix) if selection.private else listing.feed_path(form.suffix)
    made = feed_document(site, path, form, shell, entries, updated)
    return replace(made, headers=_PRIVATE_HEADERS) if selection.private else made


def _looked_at(
    context: AssemblyContext, selection: Selection, form: FeedFormat, candidates: dict[ArticleId, ListedEntry], *, is_last: bool
) -> tuple[list[ListedEntry], bool]:
    """The newest candidates, as many as have the entries in that form that the feed shall have, with those between them that are
    left out; False if some are still to be rendered, or if there are too few and it isn't the last look."""
    wanted = selection.entries
    missing = _missing(candidates, form, wanted)
    if missing:
        _render(context, selection, form, missing[:RENDERED_AT_ONCE])
        candidates = candidates | context.uow.selection_fragments.entries(missing[:RENDERED_AT_ONCE])
        missing = _missing(candidates, form, wanted)
    looked_at: list[ListedEntry] = []
    have = 0
    for entry in candidates.values():
        if have == wanted:
            break
        looked_at.append(entry)
        have += _is_shown(entry, form)
    return looked_at, not missing and (is_last or have == wanted)


def _may_fill(candidates: dict[ArticleId, ListedEntry], form: FeedFormat, wanted: int) -> bool:
    """True if so many of the candidates aren't known to be left out."""
    return sum(entry.fragments.get(form.format) != LEFT_OUT for entry in candidates.values()) >= wanted


def _is_shown(entry: ListedEntry, form: FeedFormat) -> bool:
    return entry.fragments.get(form.format, LEFT_OUT) != LEFT_OUT


def _missing(candidates: dict[ArticleId, ListedEntry], form: FeedFormat, wanted: int) -> list[ArticleId]:
    """The candidates without that form which it takes to fill a feed, if none of them is left out."""
    missing, have = [], 0
    for article_id, entry in candidates.items():
        if have == wanted:
            break
        state = entry.fragments.get(form.format)
        if state is None:
            missing.append(article_id)
        have += state != LEFT_OUT
    return missing


def _render(context: AssemblyContext, selection: Selection, form: FeedFormat, article_ids: Sequence[ArticleId]) -> None:
    """Makes the articles' entries in that form, but for those that break a hard rule of its dialect."""
    uow = context.uow
    dialect = DIALECTS.get(selection.profile)
    made: list[Fragment] = []
    left_out: list[ArticleId] = []
    articles = uow.articles.many(article_ids)
    material = material_for(uow, context.site, articles.values())
    for kept in articles.values():
        article = replace(kept, content=with_current_media_urls(context.site, kept.content, material.files))
        named = named_picture(context.site, article.content, material.pictures)
        subject = Subject(article.content, publication_time(article), uow.now, named)
        if dialect is not None and not dialect.takes(subject):
            left_out.append(article.id)
            continue
        try:
            shown = lead_image(context.site, article.content, material.pictures)
            made.append(fragment(article, form.format, form.entry(item(context.site, article, shown))))
        except Exception:  # the edge: one article that can't be rendered must not hold up the others
            log.exception("render_failed", article_id=article.id, revision=article.revision, form=form.format)
            left_out.append(article.id)
    uow.selection_fragments.add(made, left_out, form.format)


def _as_many_as_fit(
    context: AssemblyContext, selection: Selection, entries: list[ListedEntry], form: FeedFormat, taken_bytes: int
) -> list[ListedEntry]:
    """The newest of the entries that the dialect's largest feed has room for, without those that would not fit even alone."""
    dialect = DIALECTS.get(selection.profile)
    if dialect is None or dialect.max_bytes is None:
        return entries
    sizes = context.uow.selection_fragments.sizes(entry.fragments[form.format][0] for entry in entries)
    room = most = dialect.max_bytes - taken_bytes
    fitting = []
    for entry in entries:
        size = sizes[entry.fragments[form.format][0]] + 1
        if size > most:
            continue
        room -= size
        if room < 0:
            break
        fitting.append(entry)
    return fitting


def _drop_departed_forms(
    context: AssemblyContext, name: str, stored: Mapping[str, State], kept: Set[str], made: Sequence[Document]
) -> None:
    """Keeps no further form of an article that has left the selection, unless it stands in another one that wants it, or in a
    feed that is kept until the new one is whole."""
    uow, site_id = context.uow, context.site.id
    departed = {number for state in stored.values() for number in state.fragments}
    departed -= {number for document in made for number in document.fragments}
    departed -= {number for path in kept for number in stored[path].fragments}
    departed = uow.selection_fragments.further(departed) if departed else departed
    if not departed:
        return
    others = [other.name for other in uow.selections.of_site(site_id) if other.name != name]
    paths = [path for other in others for path in (*_public_paths(other), *_private_paths(other))]
    for other_feed in uow.documents.states(site_id, paths).values():
        departed -= {*other_feed.fragments}
    uow.selection_fragments.drop(departed, uow.now)


def _gone_feeds(context: AssemblyContext, name: str, paths: Set[str]) -> list[Document]:
    """What stands from now on at the paths where the selection of that name had feeds and has none any more."""
    uow, site = context.uow, context.site
    private = paths & {*_private_paths(name)}
    if private:
        uow.documents.remove(site.id, private)
    public = uow.documents.states(site.id, paths - private) if paths - private else {}
    said = translate("This feed is not offered any more.", site.language)
    return [gone_document(site, path, said, state.last_modified) for path, state in public.items()]


def _public_paths(name: str) -> list[str]:
    return [Listing(ListingKind.SELECTION, name).feed_path(suffix) for suffix in FEED_SUFFIXES]


def _private_paths(name: str) -> list[str]:
    return [private_path(name, suffix) for suffix in FEED_SUFFIXES]
