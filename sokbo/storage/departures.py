"""Departures: when articles last left each listing, so that a feed is never said to be older than it was with them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import and_, bindparam, delete, select

from sokbo.domain.feed import Listing
from sokbo.domain.ids import SiteId
from sokbo.storage.archive_tables import listing_departures
from sokbo.storage.session import Session
from sokbo.storage.upserts import insert_or_replace

#: Before any article.
_EVER = datetime.min.replace(tzinfo=UTC)

_OWN = and_(
    listing_departures.c.site_id == bindparam("site"),
    listing_departures.c.kind == bindparam("of_kind"),
    listing_departures.c.key == bindparam("of_key"),
)
#: The first is the last that has left: see the table.
_LAST = (
    select(listing_departures.c.left_at)
    .where(_OWN, listing_departures.c.published_at >= bindparam("since"))
    .order_by(listing_departures.c.published_at)
    .limit(1)
)
_FORGET = delete(listing_departures).where(_OWN, listing_departures.c.published_at <= bindparam("until"))


class DepartureRepository:
    def __init__(self, session: Session):
        self._session = session

    def note(self, site_id: SiteId, places: Iterable[tuple[Listing, datetime]], left_at: datetime) -> None:
        """An article has left these listings, where it stood by this time of publication. Hold the site's counters.

        Departures of what was published no later are forgotten: wherever one of them would count, this one does.
        """
        for listing, published_at in places:
            own = _named(site_id, listing)
            last = self.last(site_id, listing, _EVER) or left_at  # later than this one, where the clock has been set back
            self._session.execute(_FORGET, own | {"until": published_at})
            row = {"site_id": site_id, "kind": listing.kind, "key": listing.key, "published_at": published_at}
            put = insert_or_replace(self._session.dialect, listing_departures)
            self._session.execute(put, row | {"left_at": max(last, left_at)})

    def last(self, site_id: SiteId, listing: Listing, since: datetime) -> datetime | None:
        """When an article last left the listing that was published since then; None if none has."""
        found = self._session.execute(_LAST, _named(site_id, listing) | {"since": since}).first()
        return None if found is None else found.left_at


def _named(site_id: SiteId, listing: Listing) -> dict[str, object]:
    return {"site": site_id, "of_kind": listing.kind, "of_key": listing.key}
