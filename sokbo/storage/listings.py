"""Which articles each listing shows, and which terms there are."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, exists, func, insert, select, tuple_

from sokbo.domain.article import Article
from sokbo.domain.feed import Listing, ListingKind
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.articles import article_from, current_articles
from sokbo.storage.session import Session
from sokbo.storage.tables import articles, listing_articles, listings
from sokbo.storage.upserts import insert_or_ignore

_INSERT = insert(listing_articles)
_HIDE = (
    delete(listing_articles)
    .where(listing_articles.c.article_id == bindparam("hidden"))
    .returning(listing_articles.c.kind, listing_articles.c.key, listing_articles.c.published_at)
)


_LABELS = select(listings).where(
    listings.c.site_id == bindparam("site_id"),
    tuple_(listings.c.kind, listings.c.key).in_(bindparam("terms", expanding=True)),
)


_HAS_ARTICLES = exists().where(
    listing_articles.c.site_id == listings.c.site_id,
    listing_articles.c.kind == listings.c.kind,
    listing_articles.c.key == listings.c.key,
)


class ListingRepository:
    def __init__(self, session: Session):
        self._session = session

    def show(self, article: Article, shown_in: Sequence[Listing]) -> None:
        """Puts a published article, which stands in none, into these listings; terms not seen before become known."""
        entries = [
            {
                "site_id": article.site_id,
                "kind": listing.kind,
                "key": listing.key,
                "article_id": article.id,
                "number": article.number,
                "published_at": article.published_at,
            }
            for listing in shown_in
        ]
        self._session.insert_later(_INSERT, *entries)
        named = [
            {"site_id": article.site_id, "kind": listing.kind, "key": listing.key, "label": listing.label}
            for listing in shown_in
            if listing.label
        ]
        if named:
            self._session.insert_later(insert_or_ignore(self._session.dialect, listings), *named)

    def hide(self, article_id: ArticleId) -> list[tuple[Listing, datetime]]:
        """Takes an article out of every listing. Those in which it stood, without their labels, by what time of publication."""
        rows = self._session.execute(_HIDE, {"hidden": article_id})
        return [(Listing(ListingKind(kind), key), published_at) for kind, key, published_at in rows]

    def newest(self, site_id: SiteId, listing: Listing, limit: int) -> Sequence[Article]:
        """The listing's newest articles, whole."""
        statement = (
            current_articles()
            .join(listing_articles, listing_articles.c.article_id == articles.c.id)
            .where(_is(listing_articles, site_id, listing))
            .order_by(listing_articles.c.published_at.desc(), listing_articles.c.number.desc())
            .limit(limit)
        )
        return [article_from(row) for row in self._session.execute(statement)]

    def count(self, site_id: SiteId) -> int:
        """How many term listings the site has."""
        return int(self._session.execute(select(func.count()).where(listings.c.site_id == site_id)).scalar_one())

    def known(self, site_id: SiteId, *, shown: bool = False) -> Sequence[Listing]:
        """Every term listing that the site ever had, by kind and label; only those that have an article, if `shown`."""
        statement = select(listings).where(listings.c.site_id == site_id).order_by(listings.c.kind, listings.c.label)
        rows = self._session.execute(statement.where(_HAS_ARTICLES) if shown else statement)
        return [Listing(ListingKind(row.kind), row.key, row.label) for row in rows]

    def labelled(self, site_id: SiteId, wanted: Iterable[Listing]) -> list[Listing]:
        """The same listings, sorted, each with the label that it is known by."""
        unique = {(listing.kind, listing.key): listing for listing in wanted}
        terms = [(kind, key) for kind, key in unique if key]
        if not terms:
            return sorted(unique.values())
        for row in self._session.execute(_LABELS, {"site_id": site_id, "terms": terms}):
            kind = ListingKind(row.kind)
            unique[kind, row.key] = Listing(kind, row.key, row.label)
        return sorted(unique.values())


def _is(table: Table, site_id: SiteId, listing: Listing) -> ColumnElement[bool]:
    return and_(table.c.site_id == site_id, table.c.kind == listing.kind, table.c.key == listing.key)
