"""Archives: where each published article stands for good, and what lists of all articles need to know of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, func, insert, select, update

from sokbo.domain.archive import ArchivedArticle, Part, Place, month_of, publication_time
from sokbo.domain.article import Article, ArticleState
from sokbo.domain.ids import ArticleId, SiteId
from sokbo.storage.archive_tables import archive_entries, news_sitemaps, sitemaps
from sokbo.storage.dialects import insert_or_replace
from sokbo.storage.documents import ListedEntry
from sokbo.storage.leases import NOW
from sokbo.storage.session import Session
from sokbo.storage.tables import renderings, site_versions

_entries = archive_entries.c
_LISTED = (_entries.number, _entries.slug, _entries.title, _entries.language, _entries.published_at, _entries.modified_at)
_OWN = _entries.site_id == bindparam("site")
_IN_MONTH = and_(_OWN, _entries.month == bindparam("of_month"))
_IN_PART = and_(_IN_MONTH, _entries.ordinal >= bindparam("first"), _entries.ordinal < bindparam("end"))

_article_ids: BindParameter[Any] = bindparam("article_ids", expanding=True)
_PLACES = select(_entries.article_id, _entries.month, _entries.ordinal).where(_entries.article_id.in_(_article_ids))
_LAST_ORDINAL = select(func.max(_entries.ordinal)).where(_IN_MONTH)
_FIRST_MONTH_AFTER = select(func.min(_entries.month)).where(_OWN, _entries.month > bindparam("of_month"))
_LAST_BEFORE = (
    select(_entries.month, _entries.ordinal)
    .where(_OWN, _entries.month < bindparam("of_month"))
    .order_by(_entries.month.desc(), _entries.ordinal.desc())
    .limit(1)
)
_LAST_OF_EACH_MONTH = select(_entries.month, func.max(_entries.ordinal)).where(_OWN).group_by(_entries.month)
_ADD = insert(archive_entries)
_UPDATE = update(archive_entries).where(_entries.article_id == bindparam("known_id"))
_ENTRIES = (
    select(renderings.c.modified_at, renderings.c.fragments)
    .join(archive_entries, _entries.article_id == renderings.c.article_id)
    .where(_IN_PART)
    .order_by(_entries.published_at.desc(), _entries.number.desc())
)
_MAPPED = select(*_LISTED).where(_IN_PART, _entries.withdrawn.is_(False)).order_by(_entries.ordinal)
_NEWS = (
    select(*_LISTED)
    .where(_OWN, _entries.published_at > bindparam("since"), _entries.withdrawn.is_(False))
    .order_by(_entries.published_at.desc(), _entries.number.desc())
    .limit(bindparam("room"))
)
_STALE_NEWS = select(news_sitemaps.c.site_id).where(news_sitemaps.c.complete_until <= NOW).limit(1)
_SITEMAPS = select(sitemaps).where(sitemaps.c.site_id == bindparam("site")).order_by(sitemaps.c.month, sitemaps.c.number)

_OWN_SITEMAP = and_(*(sitemaps.c[name] == bindparam(name) for name in ("site_id", "month", "number")))
_SITEMAP = select(sitemaps.c.etag, sitemaps.c.modified_at).where(_OWN_SITEMAP)
_FORGET_SITEMAP = delete(sitemaps).where(_OWN_SITEMAP)


class ArchiveRepository:
    """Whoever writes holds the site's version."""

    def __init__(self, session: Session):
        self._session = session

    def place(self, articles: Sequence[Article]) -> list[Place]:
        """Where each of the articles stands, with what is now to be said of it. One that has no place gets one, for good: its
        month's next, in the order in which they are given."""
        rows = self._session.execute(_PLACES, {"article_ids": [article.id for article in articles]})
        known = {article_id: Place(month, ordinal) for article_id, month, ordinal in rows}
        self.refresh([article for article in articles if article.id in known])
        new = self._next_places([article for article in articles if article.id not in known])
        return [known.get(article.id) or new[article.id] for article in articles]

    def _next_places(self, articles: Sequence[Article]) -> dict[ArticleId, Place]:
        """Gives each of the articles, which have none, the next place of its month."""
        ordinals: dict[tuple[SiteId, str], Iterator[int]] = {}
        places: dict[ArticleId, Place] = {}
        for article in articles:
            site_id, month = article.site_id, month_of(publication_time(article))
            if (site_id, month) not in ordinals:
                last: int | None = self._session.execute(_LAST_ORDINAL, {"site": site_id, "of_month": month}).scalar_one()
                ordinals[site_id, month] = count(0 if last is None else last + 1)
            places[article.id] = Place(month, next(ordinals[site_id, month]))
        if articles:
            self._session.execute(_ADD, [_said_of(article) | _placed(article, places[article.id]) for article in articles])
        return places

    def refresh(self, articles: Sequence[Article]) -> None:
        """Says of those that have a place what is now to be said of them."""
        if articles:
            self._session.execute(_UPDATE, [_said_of(article) | {"known_id": article.id} for article in articles])

    def neighbours(self, site_id: SiteId, part: Part) -> tuple[Part | None, Part | None]:
        """The documents before and after this one, None where there is none."""
        month = {"site": site_id, "of_month": part.month}
        previous: Part | None = Part(part.month, part.number - 1)
        if part.number == 1:
            row = self._session.execute(_LAST_BEFORE, month).first()
            previous = None if row is None else Place(*row).archive
        last = Place(part.month, self._session.execute(_LAST_ORDINAL, month).scalar_one()).archive
        if part < last:
            return previous, Part(part.month, part.number + 1)
        after: str | None = self._session.execute(_FIRST_MONTH_AFTER, month).scalar_one()
        return previous, None if after is None else Part(after, 1)

    def all(self, site_id: SiteId) -> tuple[list[Part], list[Part]]:
        """Every document of the archive, and every sitemap, whether it lists something or not."""
        last = [Place(*row) for row in self._session.execute(_LAST_OF_EACH_MONTH, {"site": site_id})]
        return (
            [Part(place.month, number) for place in last for number in range(1, place.archive.number + 1)],
            [Part(place.month, number) for place in last for number in range(1, place.sitemap.number + 1)],
        )

    def entries(self, site_id: SiteId, part: Part) -> Sequence[ListedEntry]:
        """The document's articles, newest first, those included that were withdrawn."""
        return [ListedEntry(*row) for row in self._session.execute(_ENTRIES, _range(site_id, part.month, part.archived)).all()]

    def mapped(self, site_id: SiteId, part: Part) -> Sequence[ArchivedArticle]:
        """The sitemap's articles, in the order in which they came in."""
        return [ArchivedArticle(*row) for row in self._session.execute(_MAPPED, _range(site_id, part.month, part.mapped)).all()]

    def news(self, site_id: SiteId, since: datetime, limit: int) -> Sequence[ArchivedArticle]:
        """Up to `limit` articles that were published after that time, newest first."""
        return [
            ArchivedArticle(*row) for row in self._session.execute(_NEWS, {"site": site_id, "since": since, "room": limit}).all()
        ]

    def sitemaps(self, site_id: SiteId) -> Sequence[tuple[Part, datetime]]:
        """The sitemaps that list something, and since when each is as it is."""
        rows = self._session.execute(_SITEMAPS, {"site": site_id})
        return [(Part(row.month, row.number), row.modified_at) for row in rows]

    def note_sitemap(self, site_id: SiteId, part: Part, etag: str, now: datetime) -> datetime:
        """Notes the name of the bytes of a sitemap that lists something; since when it has had those."""
        noted = self._session.execute(_SITEMAP, _key(site_id, part)).first()
        if noted is not None and noted.etag == etag:
            return noted.modified_at  # type: ignore[no-any-return]  # rows are of Any
        modified_at = now if noted is None else max(now, noted.modified_at)  # also where the clock has been set back
        row = _key(site_id, part) | {"modified_at": modified_at, "etag": etag}
        self._session.execute(insert_or_replace(self._session.dialect, sitemaps), [row])
        return modified_at

    def forget_sitemap(self, site_id: SiteId, part: Part) -> None:
        """A sitemap lists nothing any more."""
        self._session.execute(_FORGET_SITEMAP, _key(site_id, part))

    def lead_to(self, site_id: SiteId, part: Part) -> None:
        """Makes it the document that the current feed leads to."""
        own = update(site_versions).where(site_versions.c.site_id == site_id)
        self._session.execute(own.values(archive=part.key))

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


def _range(site_id: SiteId, month: str, ordinals: range) -> dict[str, Any]:
    return {"site": site_id, "of_month": month, "first": ordinals.start, "end": ordinals.stop}


def _key(site_id: SiteId, part: Part) -> dict[str, Any]:
    return {"site_id": site_id, "month": part.month, "number": part.number}


def _placed(article: Article, place: Place) -> dict[str, Any]:
    return {"site_id": article.site_id, "article_id": article.id, "month": place.month, "ordinal": place.ordinal}


def _said_of(article: Article) -> dict[str, Any]:
    return {
        "number": article.number,
        "slug": article.slug,
        "title": article.content.title,
        "language": article.content.language,
        "published_at": publication_time(article),
        "modified_at": article.modified_at,
        "withdrawn": article.state is ArticleState.WITHDRAWN,
    }
