"""Selections, and which articles stand in each."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from sokbo.domain.feed import ListingKind
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.domain.selection import LOOKED_AT, Detail, Selection, Terms, is_language
from sokbo.errors import Conflict
from sokbo.storage.session import Session
from sokbo.storage.tables import articles, listing_articles, renderings, revisions, selections

#: Contents read at once to learn of their languages.
_LANGUAGES_AT_ONCE = 100

#: What a row has in columns of its own; the rest is in `chosen`.
_COLUMNS = ("site_id", "name", "private", "token_digest", "created_at")
#: A kind, terms of it, and whether an article must have one of them or must have none.
Condition = tuple[ListingKind, tuple[str, ...], bool]

_ORDER = (listing_articles.c.published_at.desc(), listing_articles.c.number.desc())


class SelectionRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, selection: Selection) -> None:
        """Raises Conflict when the name is taken."""
        try:
            self._session.execute(insert(selections).values(**_columns(selection)))
        except IntegrityError as error:
            raise Conflict(f"there is a selection {selection.name} already") from error

    def save(self, selection: Selection) -> None:
        self._session.execute(update(selections).where(_is(selection)).values(**_columns(selection)))

    def remove(self, selection: Selection) -> None:
        self._session.execute(delete(selections).where(_is(selection)))

    def get(self, site_id: SiteId, name: str, *, lock: bool = False) -> Selection | None:
        """The site's selection of that name; `lock` keeps others from changing it meanwhile."""
        statement = select(selections).where(selections.c.site_id == site_id, selections.c.name == name)
        row = self._session.execute(statement.with_for_update() if lock else statement).first()
        return None if row is None else _selection(row)

    def page(self, site_id: SiteId, after: str, limit: int) -> Sequence[Selection]:
        """Up to `limit` of the site's selections whose names follow `after`, by name."""
        wanted = select(selections).where(selections.c.site_id == site_id, selections.c.name > after)
        return [_selection(row) for row in self._session.execute(wanted.order_by(selections.c.name).limit(limit))]

    def of_site(self, site_id: SiteId) -> Sequence[Selection]:
        """All of the site's, by name."""
        wanted = select(selections).where(selections.c.site_id == site_id).order_by(selections.c.name)
        return [_selection(row) for row in self._session.execute(wanted)]

    def all(self) -> Sequence[Selection]:
        """Every site's, by site and name."""
        wanted = select(selections).order_by(selections.c.site_id, selections.c.name)
        return [_selection(row) for row in self._session.execute(wanted)]

    def count(self, site_id: SiteId) -> int:
        statement = select(func.count()).select_from(selections).where(selections.c.site_id == site_id)
        return int(self._session.execute(statement).scalar_one())

    def articles(self, selection: Selection, site_language: str, limit: int) -> list[ArticleId]:
        """The newest rendered articles that stand in it, among the newest LOOKED_AT of each listing that leads to them."""
        kind, keys, conditions = _ways(selection)
        statement = _newest(tuple((other, is_wanted) for other, _, is_wanted in conditions))
        given: dict[str, Any] = {"site_id": selection.site_id, "leading": kind}
        given |= {f"keys_{number}": [*terms] for number, (_, terms, _) in enumerate(conditions)}
        found = {
            ArticleId(row.article_id): (row.published_at, row.number)
            for key in keys
            for row in self._session.execute(statement, given | {"key": key})
        }
        newest = sorted(found, key=found.__getitem__, reverse=True)
        return newest[:limit] if selection.language is None else self._speaking(newest, selection.language, site_language, limit)

    def _speaking(self, newest: Sequence[ArticleId], wanted: str, site_language: str, limit: int) -> list[ArticleId]:
        """The first `limit` of the articles that are in the wanted language."""
        chosen: list[ArticleId] = []
        for start in range(0, len(newest), _LANGUAGES_AT_ONCE):
            some = newest[start : start + _LANGUAGES_AT_ONCE]
            current = (
                select(revisions.c.article_id, revisions.c.content)
                .join(articles, and_(articles.c.id == revisions.c.article_id, articles.c.revision == revisions.c.revision))
                .where(articles.c.id.in_(some))
            )
            languages = {row.article_id: row.content["language"] or site_language for row in self._session.execute(current)}
            chosen += [article_id for article_id in some if is_language(languages[article_id], wanted)]
            if len(chosen) >= limit:
                break
        return chosen[:limit]


def _ways(selection: Selection) -> tuple[ListingKind, tuple[str, ...], list[Condition]]:
    """The listings that together hold all that stands in the selection, by kind and keys, and what must hold besides."""
    wanted = selection.wanted.by_kind()
    everything: tuple[ListingKind, tuple[str, ...]] = (ListingKind.BREAKING if selection.breaking else ListingKind.SITE, ("",))
    kind, keys = everything if selection.breaking else next(iter(wanted.items()), everything)
    wanted.pop(kind, None)
    conditions = [(other, terms, True) for other, terms in wanted.items()]
    return kind, keys, conditions + [(other, terms, False) for other, terms in selection.unwanted.by_kind().items()]


@lru_cache(maxsize=64)
def _newest(conditions: tuple[tuple[ListingKind, bool], ...]) -> Select[Any]:
    """The articles of one listing that stand (or don't) in others of these kinds; built once for each sort of selection."""
    own = and_(
        listing_articles.c.site_id == bindparam("site_id"),
        listing_articles.c.kind == bindparam("leading"),
        listing_articles.c.key == bindparam("key"),
        exists().where(renderings.c.article_id == listing_articles.c.article_id),
    )
    looked_at = (
        select(listing_articles.c.article_id, listing_articles.c.number, listing_articles.c.published_at)
        .where(own)
        .order_by(*_ORDER)
        .limit(LOOKED_AT)
        .subquery()
    )
    statement = select(looked_at)
    for number, (kind, is_wanted) in enumerate(conditions):
        other = listing_articles.alias()
        keys: BindParameter[Any] = bindparam(f"keys_{number}", expanding=True)
        stands = exists().where(other.c.article_id == looked_at.c.article_id, other.c.kind == kind, other.c.key.in_(keys))
        statement = statement.where(stands if is_wanted else not_(stands))
    return statement


def _is(selection: Selection) -> ColumnElement[bool]:
    return and_(selections.c.site_id == selection.site_id, selections.c.name == selection.name)


def _columns(selection: Selection) -> dict[str, Any]:
    chosen = asdict(selection)
    return {name: chosen.pop(name) for name in _COLUMNS} | {"chosen": chosen}


def _selection(row: Row[Any]) -> Selection:
    chosen = row.chosen | {name: _terms(row.chosen[name]) for name in ("wanted", "unwanted")}
    own = {name: getattr(row, name) for name in _COLUMNS}
    return Selection(**own | chosen | {"detail": Detail(row.chosen["detail"])})


def _terms(stored: dict[str, list[str]]) -> Terms:
    return Terms(**{kind: tuple(keys) for kind, keys in stored.items()})
