"""From an article to what is kept of it rendered: a fragment in each format, and its page."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus

import structlog

from sokbo.domain.article import Article, ArticleState
from sokbo.domain.compression import concatenate, piece
from sokbo.domain.document import EMPTY, Document, Fragment, FragmentFormat, Piece
from sokbo.domain.ids import ArticleId
from sokbo.domain.lead_image import awaited, lead_image, named_files, sources, with_current_media_urls
from sokbo.domain.picture import Files, Picture
from sokbo.domain.site import Site
from sokbo.storage import UnitOfWork
from workers.feeds import ATOM, FORMATS
from workers.feeds.item import item
from workers.pages.renderer import PageRenderer, PageShell
from workers.pages.stylesheet import page_headers

log = structlog.get_logger()

HTML = "text/html; charset=utf-8"
_DIGEST_CHARACTERS = 32
_KEPT_PIECES = 512


@dataclass(frozen=True, slots=True)
class Rendered:
    """One article's fragments, no more than a tombstone if it is withdrawn, and its page. `awaits` names the picture of which
    there is more to come, so that it is to be rendered again with it."""

    article: Article
    fragments: Sequence[Fragment]
    page: Document
    awaits: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a site's articles are rendered with: what is known of their pictures, by source, and those of the site's files that
    their texts name, with their sizes; as of `now`."""

    site: Site
    pictures: Mapping[str, Picture]
    files: Files
    now: datetime


def material_for(uow: UnitOfWork, site: Site, articles: Collection[Article]) -> Material:
    """Everything that the articles, all of that site, are to be rendered with."""
    files = uow.media.files_of(site.id, named_files(articles))
    return Material(site, uow.pictures.known(sources(articles)), files, uow.now)


def render_each(pages: PageRenderer, material: Material, articles: Iterable[Article]) -> dict[ArticleId, Rendered]:
    """Those of the articles that can be rendered: for a bug of ours, one must not hold up the others."""
    rendered = {}
    for article in articles:
        try:
            rendered[article.id] = render_article(pages, material, article)
        except Exception:
            log.exception("render_failed", article_id=article.id, revision=article.revision)
    return rendered


def render_article(pages: PageRenderer, material: Material, article: Article) -> Rendered:
    """Everything that its revision needs, made once."""
    site, pictures, files = material.site, material.pictures, material.files
    if article.state is ArticleState.WITHDRAWN:
        shell = pages.withdrawn(site, article)
        tombstone = fragment(article, ATOM.format, ATOM.tombstone(article))
        return Rendered(article, (tombstone,), _article_page(site, article, shell, status=410))
    told = replace(article, content=with_current_media_urls(site, article.content, files))
    shown = lead_image(site, told.content, pictures)
    entry = item(site, told, shown)
    entries = {form: feed.entry(entry) for form, feed in FORMATS.items()}
    entries[FragmentFormat.CARD], shell = pages.card_and_page(site, told, shown, files, now=material.now)
    fragments = [fragment(article, form, raw) for form, raw in entries.items()]
    return Rendered(article, fragments, _article_page(site, article, shell), awaited(article.content, pictures))


def fragment(article: Article, form: FragmentFormat, raw: bytes) -> Fragment:
    """The article's entry in that form, made ready to be kept."""
    return Fragment(article.id, article.revision, form, piece(raw), digest([raw]), article.modified_at)


def _article_page(site: Site, article: Article, shell: PageShell, status: int = 200) -> Document:
    return page_document(site, str(article.number), shell, article.modified_at, status=status, canonical_path=article.path)


def page_document(
    site: Site,
    path: str,
    shell: PageShell,
    last_modified: datetime,
    cards: Iterable[tuple[int, str]] = (),
    *,
    status: int = 200,
    canonical_path: str | None = None,
) -> Document:
    """A page with the cards given as fragment ids and digests. It is a topic, unless it says that what it showed is withdrawn."""
    listed = list(cards)
    own_header = link_header(site, path if canonical_path is None else canonical_path) if status == HTTPStatus.OK else {}
    head = concatenate([kept_piece(part) for part in shell.head_parts])
    return Document(
        site_id=site.id,
        path=path,
        media_type=HTML,
        etag=digest([head.raw, shell.separator, shell.tail, shell.closing, joined(listed)]),
        last_modified=last_modified,
        head=head,
        separator=kept_piece(shell.separator) if listed else EMPTY,
        tail=kept_piece(shell.tail),
        closing=kept_piece(shell.closing),
        fragments=tuple(number for number, _ in listed),
        status=status,
        canonical_path=canonical_path,
        headers={**page_headers(), **own_header},
    )


def link_header(site: Site, path: str, *, is_topic: bool = True) -> dict[str, str]:
    """The header in which a document names its own address, below its site, and as a topic the hub that tells of its changes
    (WebSub section 4)."""
    own = f'<{site.url(path)}>; rel="self"'
    return {"Link": f'{own}, <{site.hub_url}>; rel="hub"' if is_topic else own}


def gone_document(site: Site, path: str, said: str, last_modified: datetime) -> Document:
    """What takes the place of a document for programs that is no more, with that line for people."""
    raw = f"{said}\n".encode()
    return Document(
        site_id=site.id,
        path=path,
        media_type="text/plain; charset=utf-8",
        etag=digest([raw]),
        last_modified=last_modified,
        head=piece(raw),
        status=HTTPStatus.GONE,
    )


def digest(parts: Iterable[bytes]) -> str:
    """A name for these bytes: the same in every process, and another for any other bytes or other borders between them."""
    measured = b"".join(b"%d:%b" % (len(part), part) for part in parts)
    return hashlib.sha256(measured).hexdigest()[:_DIGEST_CHARACTERS]


def joined(fragments: Iterable[tuple[int, str]]) -> bytes:
    """The digests of these fragments, which all are of one length, as one part of what they stand in."""
    return "".join([name for _, name in fragments]).encode()


@lru_cache(maxsize=_KEPT_PIECES)
def kept_piece(raw: bytes) -> Piece:
    """The piece, which is at hand if these bytes came lately: pages share most of what surrounds their text."""
    return piece(raw)
