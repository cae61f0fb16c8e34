"""Tombstones: where withdrawn articles stood in the listings."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update

from sokbo.domain.archive import publication_time
from sokbo.domain.article import Article
from sokbo.domain.feed import Listing
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.archive_tables import tombstones
from sokbo.storage.documents import PlacedEntry
from sokbo.storage.session import Session
from sokbo.storage.tables import renderings, site_versions
from sokbo.storage.upserts import insert_or_ignore

_OF_LISTING = (
    select(
        renderings.c.article_id, renderings.c.modified_at, renderings.c.fragments, tombstones.c.published_at, tombstones.c.number
    )
    .join(tombstones, tombstones.c.article_id == renderings.c.article_id)
    .where(
        and_(
            tombstones.c.site_id == bindparam("site"),
            tombstones.c.kind == bindparam("of_kind"),
            tombstones.c.key == bindparam("of_key"),
            tombstones.c.published_at >= bindparam("since"),
        )
    )
    .order_by(tombstones.c.published_at.desc(), tombstones.c.number.desc())
    .limit(bindparam("room"))
)


class TombstoneRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, article: Article, stood_in: Iterable[Listing]) -> None:
        """Keeps the withdrawn article's place in these listings. Hold the site's version; done twice it is done once."""
        published_at = publication_time(article)
        place = {"site_id": article.site_id, "number": article.number, "article_id": article.id, "published_at": published_at}
        rows = [place | {"kind": listing.kind, "key": listing.key} for listing in stood_in]
        self._session.execute(insert_or_ignore(self._session.dialect, tombstones), rows)
        newest = or_(site_versions.c.withdrawn.is_(None), site_versions.c.withdrawn < published_at)
        own = update(site_versions).where(site_versions.c.site_id == article.site_id, newest)
        self._session.execute(own.values(withdrawn=published_at))

    def of_listing(self, site_id: SiteId, listing: Listing, since: datetime, limit: int) -> dict[ArticleId, PlacedEntry]:
        """Up to `limit` of those in the listing whose articles were published since then, newest first."""
        chosen = {"site": site_id, "of_kind": listing.kind, "of_key": listing.key, "since": since, "room": limit}
        rows = self._session.execute(_OF_LISTING, chosen)
        return {ArticleId(article_id): PlacedEntry(*placed) for article_id, *placed in rows}
