"""Articles and their revisions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from sokbo.domain.article import Article, ArticleState, Author, Content, Image
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.errors import Conflict
from sokbo.storage.archive_tables import archive_entries
from sokbo.storage.session import Session
from sokbo.storage.tables import articles, revisions

# Built once: to build a statement with its values inside costs more than SQLite takes to run it.
_INSERT = insert(articles)
_UPDATE = update(articles).where(articles.c.id == bindparam("known_id"))
_INSERT_REVISION = insert(revisions)


_article_ids: BindParameter[Any] = bindparam("article_ids", expanding=True)
_STANDING = select(articles.c.id, articles.c.revision, articles.c.state, articles.c.breaking_until).where(
    articles.c.id.in_(_article_ids)
)


class ArticleRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, article: Article, request_id: str) -> None:
        """Raises Conflict when the external_id is taken."""
        try:
            if article.external_id is None:
                self._session.insert_later(_INSERT, _columns(article))
            else:  # at once, for it may be taken
                self._session.execute_ahead(_INSERT, _columns(article))
        except IntegrityError as error:
            raise Conflict(f"external_id {article.external_id!r} is another article's") from error
        self._add_revision(article, request_id)

    def save(self, article: Article, request_id: str | None) -> None:
        """Writes the article; with a request id, also its content as a new revision. Raises Conflict as `add` does."""
        try:
            columns = _columns(article)
            # Not to be set, if only to what it is: SQLite would look for whoever refers to it.
            self._session.execute(_UPDATE, columns | {"known_id": columns.pop("id")})
        except IntegrityError as error:
            raise Conflict(f"external_id {article.external_id!r} is another article's") from error
        if request_id is not None:
            self._add_revision(article, request_id)

    def _add_revision(self, article: Article, request_id: str) -> None:
        self._session.insert_later(
            _INSERT_REVISION,
            {
                "article_id": article.id,
                "revision": article.revision,
                "slug": article.slug,
                "content": article.content,
                "created_at": article.modified_at,
                "request_id": request_id,
            },
        )

    def get(self, site_id: SiteId, article_id: str, *, lock: bool = False) -> Article | None:
        """The article in its current revision, if it is this site's; `lock` keeps others from changing it meanwhile."""
        statement = current_articles().where(articles.c.id == article_id, articles.c.site_id == site_id)
        row = self._session.execute(statement.with_for_update(of=articles) if lock else statement).first()
        return None if row is None else article_from(row)

    def has_external_id(self, site_id: SiteId, external_id: str) -> bool:
        """True if one of the site's articles has it."""
        taken = select(articles.c.id).where(articles.c.site_id == site_id, articles.c.external_id == external_id)
        return self._session.execute(taken).first() is not None

    def many(self, article_ids: Iterable[ArticleId]) -> dict[ArticleId, Article]:
        """The articles in their current revisions, by id."""
        rows = self._session.execute(_MANY, {"article_ids": [*article_ids]})
        return {article.id: article for article in map(article_from, rows)}

    def unchanged(self, known: Iterable[Article]) -> set[ArticleId]:
        """The ids of those that are still as they were read."""
        as_read = {article.id: (article.revision, article.state, article.breaking_until) for article in known}
        rows = self._session.execute(_STANDING, {"article_ids": [*as_read]})
        return {ArticleId(article_id) for article_id, *standing in rows if as_read[article_id] == tuple(standing)}

    def at_revision(self, article_id: ArticleId, revision: int) -> Article:
        """The article as it was in a revision: its content and slug; the rest is today's."""
        statement = articles_with_revisions().where(articles.c.id == article_id, revisions.c.revision == revision)
        return article_from(self._session.execute(statement).one())

    def history(self, article_id: ArticleId, below: int | None, limit: int) -> Sequence[Article]:
        """Up to `limit` revisions, newest first, of those below one if that is given; `modified_at` is when each was accepted."""
        statement = articles_with_revisions().where(articles.c.id == article_id)
        if below is not None:
            statement = statement.where(revisions.c.revision < below)
        rows = self._session.execute(statement.order_by(revisions.c.revision.desc()).limit(limit))
        return [article_from(row) for row in rows]

    def below(self, site_id: SiteId, number: int, limit: int) -> Sequence[Article]:
        """The site's articles that are or were public, from the highest number below `number` downwards."""
        was_public = exists().where(archive_entries.c.article_id == articles.c.id)  # not so a draft that was withdrawn
        public = or_(articles.c.state == ArticleState.PUBLISHED, and_(articles.c.state == ArticleState.WITHDRAWN, was_public))
        statement = current_articles().where(articles.c.site_id == site_id, articles.c.number < number, public)
        rows = self._session.execute(statement.order_by(articles.c.number.desc()).limit(limit))
        return [article_from(row) for row in rows]

    def has_due(self, now: datetime) -> bool:
        """True if the hour of a scheduled article has come."""
        due = select(articles.c.id).where(articles.c.state == ArticleState.SCHEDULED, articles.c.published_at <= now)
        return self._session.execute(due.limit(1)).first() is not None

    def has_breaking_over(self, now: datetime) -> bool:
        """True if an article's breaking time has run out."""
        over = select(articles.c.id).where(articles.c.breaking_until <= now, articles.c.state == ArticleState.PUBLISHED)
        return self._session.execute(over.limit(1)).first() is not None

    def due(self, now: datetime, limit: int) -> Sequence[Article]:
        """Scheduled articles whose hour has come, locked against other sweepers."""
        statement = current_articles().where(articles.c.state == ArticleState.SCHEDULED, articles.c.published_at <= now)
        return self._locked(statement.order_by(articles.c.published_at), limit)

    def breaking_over(self, now: datetime, limit: int) -> Sequence[Article]:
        """Articles whose breaking time has run out, locked against other sweepers."""
        statement = current_articles().where(articles.c.breaking_until <= now, articles.c.state == ArticleState.PUBLISHED)
        return self._locked(statement.order_by(articles.c.breaking_until), limit)

    def _locked(self, statement: Select[Any], limit: int) -> Sequence[Article]:
        locked = statement.limit(limit).with_for_update(of=articles, skip_locked=True)
        return [article_from(row) for row in self._session.execute(locked)]


_ARTICLE_COLUMNS = tuple(articles.c)


def articles_with_revisions() -> Select[Any]:
    return select(
        *_ARTICLE_COLUMNS,
        revisions.c.content,
        revisions.c.revision.label("shown_revision"),
        revisions.c.slug.label("shown_slug"),
        revisions.c.created_at.label("shown_at"),
    ).join(revisions, revisions.c.article_id == articles.c.id)


def current_articles() -> Select[Any]:
    return articles_with_revisions().where(revisions.c.revision == articles.c.revision)


_MANY = current_articles().where(articles.c.id.in_(_article_ids))


def _columns(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "site_id": article.site_id,
        "number": article.number,
        "slug": article.slug,
        "revision": article.revision,
        "state": article.state,
        "external_id": article.external_id,
        "created_at": article.created_at,
        "modified_at": article.modified_at,
        "published_at": article.published_at,
        "breaking_until": article.breaking_until,
    }


def article_from(row: Row[Any]) -> Article:
    shown_is_current = row.shown_revision == row.revision
    return Article(
        id=ArticleId(row.id),
        site_id=SiteId(row.site_id),
        number=row.number,
        slug=row.shown_slug,
        revision=row.shown_revision,
        state=ArticleState(row.state),
        content=_content(row.content),
        created_at=row.created_at,
        modified_at=row.modified_at if shown_is_current else row.shown_at,
        published_at=row.published_at,
        external_id=row.external_id,
        breaking_until=row.breaking_until,
    )


def _content(stored: dict[str, Any]) -> Content:
    return Content(
        **{
            **stored,
            "categories": tuple(stored["categories"]),
            "tags": tuple(stored["tags"]),
            "related": tuple(stored["related"]),
            "authors": tuple(Author(**author) for author in stored["authors"]),
            "image": Image(**stored["image"]) if stored["image"] else None,
        }
    )
