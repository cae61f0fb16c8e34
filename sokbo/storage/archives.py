"""Archives: where each published article stands for good, and what lists of all articles need to know of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, insert, select, update

from sokbo.domain.archive import (
    OpenDocument,
    Part,
    Place,
    month_of,
    publication_time,
    takes_another,
)
from sokbo.domain.article import Article, ArticleState
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.archive_tables import archive_documents, archive_entries
from sokbo.storage.documents import ListedEntry
from sokbo.storage.session import Session
from sokbo.storage.tables import renderings, site_versions

_entries = archive_entries.c
_documents = archive_documents.c
_OWN = _entries.site_id == bindparam("site")
_IN_MONTH = and_(_OWN, _entries.month == bindparam("of_month"))
_IN_DOCUMENT = and_(_IN_MONTH, _entries.document == bindparam("of_number"))
_OWN_DOCUMENTS = _documents.site_id == bindparam("site")
_DOCUMENT = and_(_OWN_DOCUMENTS, _documents.month == bindparam("of_month"), _documents.number == bindparam("of_number"))

_article_ids: BindParameter[Any] = bindparam("article_ids", expanding=True)
_PLACES = select(_entries.article_id, _entries.month, _entries.ordinal, _entries.document).where(
    _entries.article_id.in_(_article_ids)
)
_LAST_ORDINAL = select(func.max(_entries.ordinal)).where(_IN_MONTH)
_LAST_OF_EACH_MONTH = (
    select(_entries.month, func.max(_entries.ordinal), func.max(_entries.document)).where(_OWN).group_by(_entries.month)
)
_LAST_DOCUMENT = (
    select(_documents.number, _documents.position)
    .where(_OWN_DOCUMENTS, _documents.month == bindparam("of_month"))
    .order_by(_documents.number.desc())
    .limit(1)
)
_ARTICLES = select(func.count()).where(_IN_DOCUMENT)
_OPEN = (
    select(_documents.month, _documents.number)
    .where(_OWN_DOCUMENTS, _documents.position.is_(None))
    .order_by(_documents.month, _documents.number)
)
#: Of one document, and both together: asked for the oldest alone, SQLite would go through all of the site's articles by age.
_EXTENT = select(func.count(), func.min(_entries.published_at)).where(_IN_DOCUMENT)
_NEWEST = select(_entries.published_at).where(_OWN).order_by(_entries.published_at.desc()).limit(1).offset(bindparam("newer"))
_POSITION = select(_documents.position).where(_DOCUMENT)
_AT_POSITIONS = select(_documents.position, _documents.month, _documents.number).where(
    _OWN_DOCUMENTS, _documents.position.in_(bindparam("positions", expanding=True))
)
_LAST_POSITION = select(func.max(_documents.position)).where(_OWN_DOCUMENTS)
_CLOSE = (
    update(archive_documents)
    .where(*(_documents[name] == bindparam(f"own_{name}") for name in ("site_id", "month", "number")))
    .values(position=bindparam("next_position"))
)
_ALL_DOCUMENTS = select(_documents.month, _documents.number).where(_OWN_DOCUMENTS).order_by(_documents.month, _documents.number)
_ADD = insert(archive_entries)
_BEGIN = insert(archive_documents)
_UPDATE = update(archive_entries).where(_entries.article_id == bindparam("known_id"))
#: Sorted by whoever asks: asked for an order, SQLite would go through all of the site's articles in it.
_ENTRIES = (
    select(renderings.c.modified_at, renderings.c.fragments, _entries.published_at, _entries.number)
    .join(archive_entries, _entries.article_id == renderings.c.article_id)
    .where(_IN_DOCUMENT)
)


class ArchiveRepository:
    """Whoever writes holds the site's version."""

    def __init__(self, session: Session):
        self._session = session

    def place(self, articles: Sequence[Article]) -> list[Place]:
        """Where each of the articles stands, with what is now to be said of it. One that has no place gets one, for good: its
        month's next, in the order in which they are given."""
        rows = self._session.execute(_PLACES, {"article_ids": [article.id for article in articles]})
        known = {article_id: Place(*place) for article_id, *place in rows}
        self.refresh([article for article in articles if article.id in known])
        new = self._next_places([article for article in articles if article.id not in known])
        return [known.get(article.id) or new[article.id] for article in articles]

    def _next_places(self, articles: Sequence[Article]) -> dict[ArticleId, Place]:
        """Gives each of the articles, which have none, the next place of its month."""
        following: dict[tuple[SiteId, str], Iterator[Place]] = {}
        places: dict[ArticleId, Place] = {}
        for article in articles:
            month = article.site_id, month_of(publication_time(article))
            if month not in following:
                following[month] = self._places_from(*month)
            places[article.id] = next(following[month])
        if articles:
            self._session.execute(_ADD, [_said_of(article) | _placed(article, places[article.id]) for article in articles])
        return places

    def _places_from(self, site_id: SiteId, month: str) -> Iterator[Place]:
        """The month's next places, one after the other, which begin new documents as they need them."""
        of_month = {"site": site_id, "of_month": month}
        last: int | None = self._session.execute(_LAST_ORDINAL, of_month).scalar_one()
        ordinal = 0 if last is None else last + 1
        number, articles = self._last_document(of_month)
        while True:
            if articles is None or not takes_another(articles):
                number, articles = number + 1, 0
                self._session.execute(_BEGIN, [{"site_id": site_id, "month": month, "number": number}])
            yield Place(month, ordinal, number)
            ordinal, articles = ordinal + 1, articles + 1

    def _last_document(self, of_month: dict[str, Any]) -> tuple[int, int | None]:
        """The number of the month's last document, 0 if there is none; how many articles it has if it is open."""
        last = self._session.execute(_LAST_DOCUMENT, of_month).first()
        if last is None:
            return 0, None
        if last.position is not None:
            return last.number, None
        return last.number, self._session.execute(_ARTICLES, of_month | {"of_number": last.number}).scalar_one()

    def refresh(self, articles: Sequence[Article]) -> None:
        """Says of those that have a place what is now to be said of them."""
        if articles:
            self._session.execute(_UPDATE, [_said_of(article) | {"known_id": article.id} for article in articles])

    def open(self, site_id: SiteId) -> Sequence[OpenDocument]:
        """The documents that still take articles, oldest month first."""
        parts = [Part(*row) for row in self._session.execute(_OPEN, {"site": site_id}).all()]
        extents = [
            self._session.execute(_EXTENT, {"site": site_id, "of_month": part.month, "of_number": part.number}).one()
            for part in parts
        ]
        return [OpenDocument(part, articles, oldest) for part, (articles, oldest) in zip(parts, extents, strict=True)]

    def newest(self, site_id: SiteId, count: int) -> datetime | None:
        """When the last of the `count` newest articles was published, those included that were withdrawn; None if there are
        fewer."""
        row = self._session.execute(_NEWEST, {"site": site_id, "newer": count - 1}).first()
        return None if row is None else row.published_at

    def last_closed(self, site_id: SiteId) -> Part | None:
        """The end of the chain of closed documents, None if there is none."""
        last: int | None = self._session.execute(_LAST_POSITION, {"site": site_id}).scalar_one()
        return None if last is None else self._at(site_id, last)[last]

    def close(self, site_id: SiteId, parts: Sequence[Part]) -> None:
        """Closes these open documents, which then follow in the chain in this order."""
        last: int | None = self._session.execute(_LAST_POSITION, {"site": site_id}).scalar_one()
        rows = [
            {f"own_{name}": value for name, value in _key(site_id, part).items()} | {"next_position": position}
            for position, part in enumerate(parts, (last or 0) + 1)
        ]
        self._session.execute(_CLOSE, rows)

    def neighbours(self, site_id: SiteId, part: Part) -> tuple[Part | None, Part | None] | None:
        """The documents before and after this one in the chain of closed documents, None where there is none; None for one that
        still takes articles."""
        of_part = {"site": site_id, "of_month": part.month, "of_number": part.number}
        position: int | None = self._session.execute(_POSITION, of_part).scalar_one()
        if position is None:
            return None
        beside = self._at(site_id, position - 1, position + 1)
        return beside.get(position - 1), beside.get(position + 1)

    def _at(self, site_id: SiteId, *positions: int) -> dict[int, Part]:
        rows = self._session.execute(_AT_POSITIONS, {"site": site_id, "positions": positions})
        return {position: Part(month, number) for position, month, number in rows}

    def all(self, site_id: SiteId) -> tuple[list[Part], list[Part]]:
        """Every document of the archive, and every sitemap, whether it lists something or not."""
        last = [Place(*row).sitemap for row in self._session.execute(_LAST_OF_EACH_MONTH, {"site": site_id})]
        return (
            [Part(*row) for row in self._session.execute(_ALL_DOCUMENTS, {"site": site_id})],
            [Part(sitemap.month, number) for sitemap in last for number in range(1, sitemap.number + 1)],
        )

    def entries(self, site_id: SiteId, part: Part) -> Sequence[ListedEntry]:
        """The document's articles, newest first, those included that were withdrawn."""
        of_part = {"site": site_id, "of_month": part.month, "of_number": part.number}
        rows = sorted(
            self._session.execute(_ENTRIES, of_part).all(), key=lambda row: (row.published_at, row.number), reverse=True
        )
        return [ListedEntry(row.modified_at, row.fragments) for row in rows]

    def set_newest(self, site_id: SiteId, part: Part) -> None:
        """Makes it the document that the current feed leads to."""
        own = update(site_versions).where(site_versions.c.site_id == site_id)
        self._session.execute(own.values(archive=part.key))


def _key(site_id: SiteId, part: Part) -> dict[str, Any]:
    return {"site_id": site_id, "month": part.month, "number": part.number}


def _placed(article: Article, place: Place) -> dict[str, Any]:
    return {
        "site_id": article.site_id,
        "article_id": article.id,
        "month": place.month,
        "ordinal": place.ordinal,
        "document": place.document,
    }


def _said_of(article: Article) -> dict[str, Any]:
    return {
        "number": article.number,
        "slug": article.slug,
        "title": article.content.title,
        "language": article.content.language,
        "published_at": publication_time(article),
        "modified_at": article.modified_at,
        "withdrawn": article.state is ArticleState.WITHDRAWN,
        "canonical_url": article.content.canonical_url,
    }
