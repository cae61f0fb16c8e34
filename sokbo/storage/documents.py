"""Documents and the fragments they are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sokbo.domain.document import Document, Fragment, FragmentFormat, Piece
from sokbo.domain.feed import Listing
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.tables import documents, fragments, listing_articles


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One article's place in a listing: its fragments' ids and digests by format."""

    number: int
    modified_at: datetime
    fragments: dict[FragmentFormat, tuple[int, str]] = field(default_factory=dict)


_SHOWN = (
    select(listing_articles.c.article_id, listing_articles.c.number, listing_articles.c.published_at)
    .where(
        and_(
            listing_articles.c.site_id == bindparam("site_id"),
            listing_articles.c.kind == bindparam("kind"),
            listing_articles.c.key == bindparam("key"),
        )
    )
    .order_by(listing_articles.c.published_at.desc(), listing_articles.c.number.desc())
    .limit(bindparam("limit"))
    .subquery()
)
_ENTRIES = (
    select(_SHOWN.c.number, fragments.c.modified_at, fragments.c.format, fragments.c.id, fragments.c.digest)
    .join(fragments, and_(fragments.c.article_id == _SHOWN.c.article_id, fragments.c.replaced_at.is_(None)))
    .order_by(_SHOWN.c.published_at.desc(), _SHOWN.c.number.desc())
)
_ETAGS = select(documents.c.path, documents.c.etag).where(
    documents.c.site_id == bindparam("site_id"), documents.c.path.in_(bindparam("paths", expanding=True))
)


class DocumentRepository:
    def __init__(self, connection: Connection):
        self._connection = connection

    def add_fragments(self, made: Sequence[Fragment]) -> None:
        """Puts fragments into use; what their articles had before must be retired first."""
        rows = [
            {
                "article_id": fragment.article_id,
                "revision": fragment.revision,
                "format": fragment.format,
                "raw": fragment.piece.raw,
                "deflated": fragment.piece.deflated,
                "digest": fragment.digest,
                "modified_at": fragment.modified_at,
            }
            for fragment in made
        ]
        if rows:
            self._connection.execute(insert(fragments), rows)

    def retire_fragments(self, article_ids: Iterable[ArticleId], now: datetime) -> None:
        """Takes fragments out of use; they stay readable for whoever holds an older document."""
        statement = update(fragments).where(fragments.c.article_id.in_(sorted(article_ids)), fragments.c.replaced_at.is_(None))
        self._connection.execute(statement.values(replaced_at=now))

    def forget_fragments(self, before: datetime) -> int:
        """Deletes what was replaced before that time; how many."""
        return self._connection.execute(delete(fragments).where(fragments.c.replaced_at < before)).rowcount

    def entries(self, site_id: SiteId, listing: Listing, limit: int) -> Sequence[ListedEntry]:
        """The listing's newest articles that have been rendered."""
        found: dict[int, ListedEntry] = {}
        chosen = {"site_id": site_id, "kind": listing.kind, "key": listing.key, "limit": limit}
        for number, modified_at, form, fragment_id, digest in self._connection.execute(_ENTRIES, chosen):
            entry = found.setdefault(number, ListedEntry(number, modified_at))
            entry.fragments[FragmentFormat(form)] = (fragment_id, digest)
        return list(found.values())

    def store(self, made: Sequence[Document]) -> None:
        """Puts documents at their paths, in the place of what was there."""
        if not made:
            return
        insert_new = sqlite_insert if self._connection.dialect.name == "sqlite" else postgresql_insert
        statement = insert_new(documents)
        updates = {column.name: statement.excluded[column.name] for column in documents.c if not column.primary_key}
        upsert = statement.on_conflict_do_update(index_elements=["site_id", "path"], set_=updates)
        self._connection.execute(upsert, [_columns(document) for document in made])

    def etags(self, site_id: SiteId, paths: Iterable[str]) -> dict[str, str]:
        """The entity tags of those of the documents that exist, by path."""
        statement = select(documents.c.path, documents.c.etag).where(
            documents.c.site_id == site_id, documents.c.path.in_([*paths])
        )
        return {row.path: row.etag for row in self._connection.execute(statement)}

    def get(self, site_id: SiteId, path: str) -> Document | None:
        statement = select(documents).where(documents.c.site_id == site_id, documents.c.path == path)
        row = self._connection.execute(statement).first()
        return None if row is None else _document(row)

    def pieces(self, fragment_ids: Iterable[int]) -> dict[int, Piece]:
        """The fragments' bytes, by id."""
        statement = select(fragments.c.id, fragments.c.raw, fragments.c.deflated).where(fragments.c.id.in_([*fragment_ids]))
        return {row.id: Piece(row.raw, row.deflated) for row in self._connection.execute(statement)}

    def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of documents newer than that version."""
        statement = select(documents.c.path).where(documents.c.site_id == site_id, documents.c.version > version)
        return list(self._connection.execute(statement).scalars())


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
