"""Documents and the fragments they are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BindParameter, Row, Text, bindparam, delete, insert, select, type_coerce, update

from sokbo.domain.document import Document, Fragment, Piece
from sokbo.domain.feed import Listing
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.session import Session
from sokbo.storage.tables import documents, fragments, listing_articles, renderings
from sokbo.storage.upserts import insert_or_replace


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One article's place in a listing: its fragments' ids and digests by format, no more than a tombstone if it is withdrawn."""

    modified_at: datetime
    fragments: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class PlacedEntry(ListedEntry):
    """With what gives it its place: lists are sorted by both, the newest first."""

    published_at: datetime
    number: int


class State(NamedTuple):
    """What a stored document says, since when, and the ids of the fragments that it is made of."""

    etag: str
    last_modified: datetime
    fragments: tuple[int, ...]


_ENTRIES = (
    select(
        renderings.c.modified_at,
        type_coerce(renderings.c.fragments, Text),
        listing_articles.c.published_at,
        listing_articles.c.number,
    )
    .join(listing_articles, listing_articles.c.article_id == renderings.c.article_id)
    .where(
        listing_articles.c.site_id == bindparam("site_id"),
        listing_articles.c.kind == bindparam("kind"),
        listing_articles.c.key == bindparam("key"),
    )
    .order_by(listing_articles.c.published_at.desc(), listing_articles.c.number.desc())
    .limit(bindparam("limit"))
)
_STATES = select(documents.c.path, documents.c.etag, documents.c.last_modified, documents.c.fragments).where(
    documents.c.site_id == bindparam("site_id"), documents.c.path.in_(bindparam("paths", expanding=True))
)
_GET = select(documents).where(documents.c.site_id == bindparam("site_id"), documents.c.path == bindparam("path"))
_PIECES = select(fragments.c.id, fragments.c.raw, fragments.c.deflated).where(
    fragments.c.id.in_(bindparam("fragment_ids", expanding=True))
)
_article_ids: BindParameter[Any] = bindparam("article_ids", expanding=True)
_IN_USE = select(renderings.c.article_id, renderings.c.fragments).where(renderings.c.article_id.in_(_article_ids))
_REPLACE = (
    update(fragments)
    .where(
        fragments.c.article_id.in_(_article_ids),
        fragments.c.replaced_at.is_(None),
        fragments.c.id.not_in(bindparam("kept", expanding=True)),
    )
    .values(replaced_at=bindparam("now", type_=fragments.c.replaced_at.type))
)
_TAKE_OUT = delete(renderings).where(renderings.c.article_id.in_(_article_ids))
_INSERT_FRAGMENTS = insert(fragments).returning(fragments.c.id, sort_by_parameter_order=True)
_INSERT_RENDERINGS = insert(renderings)


class DocumentRepository:
    def __init__(self, session: Session):
        self._session = session

    def replace_fragments(self, made: Sequence[Fragment], article_ids: Iterable[ArticleId], now: datetime) -> None:
        """Puts fragments into use, in the place of all that these articles had; an article without any is taken out.

        What is replaced stays readable for whoever holds an older document. One with the same bytes stays in use: documents
        that don't change name it.
        """
        ids = sorted(article_ids)
        in_use = {row.article_id: row.fragments for row in self._session.execute(_IN_USE, {"article_ids": ids})}
        numbers: dict[tuple[ArticleId, str], int] = {}
        for item in made:
            number, digest = in_use.get(item.article_id, {}).get(item.format, (0, ""))
            if digest == item.digest:
                numbers[item.article_id, item.format] = number
        if in_use:
            self._session.execute(_REPLACE, {"article_ids": [*in_use], "kept": [*numbers.values()], "now": now})
            self._session.execute(_TAKE_OUT, {"article_ids": [*in_use]})
        numbers |= self._insert([item for item in made if (item.article_id, item.format) not in numbers])
        rows: dict[ArticleId, dict[str, Any]] = {}
        for item in made:
            row = rows.setdefault(
                item.article_id, {"article_id": item.article_id, "modified_at": item.modified_at, "fragments": {}}
            )
            row["fragments"][item.format] = [numbers[item.article_id, item.format], item.digest]
        if rows:
            self._session.execute(_INSERT_RENDERINGS, [*rows.values()])

    def _insert(self, made: Sequence[Fragment]) -> dict[tuple[ArticleId, str], int]:
        """Their new ids."""
        if not made:
            return {}
        rows = [{"article_id": item.article_id, "raw": item.piece.raw, "deflated": item.piece.deflated} for item in made]
        numbers = self._session.execute(_INSERT_FRAGMENTS, rows).scalars()
        return {(item.article_id, item.format): number for item, number in zip(made, numbers, strict=True)}

    def entries(self, site_id: SiteId, listing: Listing, limit: int) -> Sequence[PlacedEntry]:
        """The listing's newest articles that have been rendered."""
        chosen = {"site_id": site_id, "kind": listing.kind, "key": listing.key, "limit": limit}
        return [_placed(*row) for row in self._session.execute(_ENTRIES, chosen).all()]

    def store(self, made: Sequence[Document]) -> None:
        """Puts documents at their paths, in the place of what was there."""
        if not made:
            return
        self._session.execute(insert_or_replace(self._session.dialect, documents), [_columns(document) for document in made])

    def remove(self, site_id: SiteId, paths: Iterable[str]) -> None:
        """Deletes documents, of paths that services don't cache (private feeds): a cached copy would go on being served."""
        self._session.execute(delete(documents).where(documents.c.site_id == site_id, documents.c.path.in_([*paths])))

    def states(self, site_id: SiteId, paths: Iterable[str]) -> dict[str, State]:
        """What those of the documents that exist are, by path."""
        rows = self._session.execute(_STATES, {"site_id": site_id, "paths": [*paths]})
        return {path: State(etag, last_modified, tuple(numbers)) for path, etag, last_modified, numbers in rows}

    def get(self, site_id: SiteId, path: str) -> Document | None:
        row = self._session.execute(_GET, {"site_id": site_id, "path": path}).first()
        return None if row is None else _document(row)

    def pieces(self, fragment_ids: Iterable[int]) -> dict[int, Piece]:
        """The fragments' bytes, by id."""
        rows = self._session.execute(_PIECES, {"fragment_ids": [*fragment_ids]})
        return {number: Piece(raw, deflated) for number, raw, deflated in rows}

    def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of documents newer than that version."""
        statement = select(documents.c.path).where(documents.c.site_id == site_id, documents.c.version > version)
        return list(self._session.execute(statement).scalars())


@lru_cache(maxsize=4096)
def _placed(modified_at: datetime, fragments: str, published_at: datetime, number: int) -> PlacedEntry:
    """The entry, made once for all the listings that it stands in."""
    return PlacedEntry(modified_at, orjson.loads(fragments), published_at, number)


def _columns(document: Document) -> dict[str, Any]:
    closing = document.closing
    return {
        "site_id": document.site_id,
        "path": document.path,
        "version": document.version,
        "status": document.status,
        "media_type": document.media_type,
        "etag": document.etag,
        "last_modified": document.last_modified,
        "canonical_path": document.canonical_path,
        "headers": document.headers,
        "fragments": document.fragments,
        "head_raw": document.head.raw,
        "head_deflated": document.head.deflated,
        "separator_raw": document.separator.raw,
        "separator_deflated": document.separator.deflated,
        "tail_raw": document.tail.raw,
        "tail_deflated": document.tail.deflated,
        "closing_raw": None if closing is None else closing.raw,
        "closing_deflated": None if closing is None else closing.deflated,
    }


def _document(row: Row[Any]) -> Document:
    return Document(
        site_id=SiteId(row.site_id),
        path=row.path,
        media_type=row.media_type,
        etag=row.etag,
        last_modified=row.last_modified,
        head=Piece(row.head_raw, row.head_deflated),
        separator=Piece(row.separator_raw, row.separator_deflated),
        tail=Piece(row.tail_raw, row.tail_deflated),
        closing=None if row.closing_raw is None else Piece(row.closing_raw, row.closing_deflated),
        fragments=tuple(row.fragments),
        status=row.status,
        canonical_path=row.canonical_path,
        version=row.version,
        headers=row.headers,
    )
