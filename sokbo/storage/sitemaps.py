"""What sitemaps list: the articles of a month in the order in which they came in, and news by its age."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, delete, func, not_, select

from sokbo.domain.archive import ArchivedArticle, Part
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site
from sokbo.storage.archive_tables import archive_entries, news_sitemaps, sitemaps
from sokbo.storage.lease_conditions import NOW
from sokbo.storage.session import Session
from sokbo.storage.upserts import insert_or_replace

_entries = archive_entries.c
_LISTED = (_entries.number, _entries.slug, _entries.title, _entries.language, _entries.published_at, _entries.modified_at)
_OWN = _entries.site_id == bindparam("site")
_IN_SITEMAP = and_(
    _OWN,
    _entries.month == bindparam("of_month"),
    _entries.ordinal >= bindparam("first"),
    _entries.ordinal < bindparam("end"),
)
#: The page's address as far as its number, by which it is found whatever its slug is.
_PAGE = bindparam("base", type_=String) + cast(_entries.number, String)
_BELOW = _PAGE + "/"
_IS_ELSEWHERE = and_(
    _entries.canonical_url.is_not(None),
    _entries.canonical_url != _PAGE,
    func.substr(_entries.canonical_url, 1, func.length(_BELOW)) != _BELOW,  # no LIKE: addresses may have «%»
)
#: What search engines are told of: of an article that is at home elsewhere, its page tells them to look there.
_IS_TOLD = and_(_entries.withdrawn.is_(False), not_(_IS_ELSEWHERE))
_MAPPED = select(*_LISTED).where(_IN_SITEMAP, _IS_TOLD).order_by(_entries.ordinal)
_NEWS = (
    select(*_LISTED)
    .where(_OWN, _entries.published_at > bindparam("since"), _IS_TOLD)
    .order_by(_entries.published_at.desc(), _entries.number.desc())
    .limit(bindparam("room"))
)
_STALE_NEWS = select(news_sitemaps.c.site_id).where(news_sitemaps.c.complete_until <= NOW).limit(1)
_SITEMAPS = select(sitemaps).where(sitemaps.c.site_id == bindparam("site")).order_by(sitemaps.c.month, sitemaps.c.number)

_OWN_SITEMAP = and_(*(sitemaps.c[name] == bindparam(name) for name in ("site_id", "month", "number")))
_SITEMAP = select(sitemaps.c.etag, sitemaps.c.modified_at).where(_OWN_SITEMAP)
_FORGET_SITEMAP = delete(sitemaps).where(_OWN_SITEMAP)


class SitemapRepository:
    """Whoever writes holds the site's version."""

    def __init__(self, session: Session):
        self._session = session

    def mapped(self, site: Site, part: Part) -> Sequence[ArchivedArticle]:
        """The sitemap's articles, in the order in which they came in."""
        ordinals = part.mapped
        of_part = {**_of(site), "of_month": part.month, "first": ordinals.start, "end": ordinals.stop}
        return [ArchivedArticle(*row) for row in self._session.execute(_MAPPED, of_part).all()]

    def news(self, site: Site, since: datetime, limit: int) -> Sequence[ArchivedArticle]:
        """Up to `limit` articles that were published after that time, newest first."""
        wanted = {**_of(site), "since": since, "room": limit}
        return [ArchivedArticle(*row) for row in self._session.execute(_NEWS, wanted).all()]

    def all(self, site_id: SiteId) -> Sequence[tuple[Part, datetime]]:
        """The sitemaps that list something, and since when each is as it is."""
        rows = self._session.execute(_SITEMAPS, {"site": site_id})
        return [(Part(row.month, row.number), row.modified_at) for row in rows]

    def note(self, site_id: SiteId, part: Part, etag: str, now: datetime) -> datetime:
        """Notes the name of the bytes of a sitemap that lists something; since when it has had those."""
        noted = self._session.execute(_SITEMAP, _key(site_id, part)).first()
        if noted is not None and noted.etag == etag:
            return noted.modified_at  # type: ignore[no-any-return]  # rows are of Any
        modified_at = now if noted is None else max(now, noted.modified_at)  # also where the clock has been set back
        row = _key(site_id, part) | {"modified_at": modified_at, "etag": etag}
        self._session.execute(insert_or_replace(self._session.dialect, sitemaps), [row])
        return modified_at

    def forget(self, site_id: SiteId, part: Part) -> None:
        """A sitemap lists nothing any more."""
        self._session.execute(_FORGET_SITEMAP, _key(site_id, part))

    def keep_news_until(self, site_id: SiteId, moment: datetime | None) -> None:
        """Notes when the news sitemap will have to lose an article, None for never."""
        if moment is None:
            self._session.execute(delete(news_sitemaps).where(news_sitemaps.c.site_id == site_id))
            return
        row = {"site_id": site_id, "complete_until": moment}
        self._session.execute(insert_or_replace(self._session.dialect, news_sitemaps), [row])

    def has_stale_news(self, now: datetime) -> bool:
        """True if a news sitemap has to lose an article."""
        return self._session.execute(_STALE_NEWS, {"now": now}).first() is not None

    def take_stale_news(self, now: datetime) -> Sequence[SiteId]:
        """The sites whose news sitemap has to lose an article. They are told once."""
        stale = delete(news_sitemaps).where(news_sitemaps.c.complete_until <= now)
        return [SiteId(number) for number in self._session.execute(stale.returning(news_sitemaps.c.site_id)).scalars()]


def _of(site: Site) -> dict[str, Any]:
    return {"site": site.id, "base": site.url()}


def _key(site_id: SiteId, part: Part) -> dict[str, Any]:
    return {"site_id": site_id, "month": part.month, "number": part.number}
