"""Deletes what has been kept for long enough: the oldest first, a limited number of rows at a time, so that no lock is long."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, not_, or_, select, tuple_

from sokbo.domain.article import ArticleState
from sokbo.domain.delivery import OPEN_STATES
from sokbo.domain.event import EventType
from sokbo.domain.partner import PartnerState
from sokbo.domain.picture import PictureState
from sokbo.domain.subscription import CHANNEL as WEBSUB_CHANNEL
from sokbo.storage.delivery_tables import attempts, deliveries, partners
from sokbo.storage.picture_tables import pictures
from sokbo.storage.session import Session
from sokbo.storage.tables import articles, assemblies, events, fragments, idempotency_keys, site_versions


class RetentionRepository:
    """Each method answers how many rows it deleted, `limit` at most."""

    def __init__(self, session: Session):
        self._session = session

    def forget_attempts(self, before: datetime, limit: int) -> int:
        """Attempts that ended before that time."""
        return self._delete(attempts, attempts.c.ended_at < before, limit)

    def forget_deliveries(self, before: datetime, limit: int) -> int:
        """Deliveries of events from before that time which have ended, or whose partner is gone, once their attempts are."""
        old = select(events.c.id).where(events.c.created_at < before, events.c.done_at.is_not(None))
        return self._forget_deliveries(deliveries.c.event_id.in_(old), before, limit)

    def forget_other_deliveries(self, before: datetime, limit: int) -> int:
        """Likewise those of no event: pings, and what went to subscribers of the hub."""
        return self._forget_deliveries(and_(deliveries.c.event_id.is_(None), deliveries.c.created_at < before), before, limit)

    def _forget_deliveries(self, old: ColumnElement[bool], before: datetime, limit: int) -> int:
        gone = exists().where(partners.c.id == deliveries.c.partner_id, partners.c.state == PartnerState.DELETED)
        over = and_(
            old,
            or_(deliveries.c.state.not_in(OPEN_STATES), gone),
            or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < before),
            not_(exists().where(attempts.c.delivery_id == deliveries.c.id)),
        )
        return self._delete(deliveries, over, limit)

    def forget_subscribers(self, limit: int) -> int:
        """Subscribers of the hub that are gone, once what was sent to them is forgotten."""
        gone = and_(partners.c.channel == WEBSUB_CHANNEL, partners.c.state == PartnerState.DELETED)
        told = exists().where(deliveries.c.partner_id == partners.c.id)
        return self._delete(partners, and_(gone, not_(told)), limit)

    def forget_events(self, before: datetime, limit: int) -> int:
        """Events from before that time that are worked off and have no deliveries any more; but not that an article broke which
        still stands, for partners who were told need to know when it is taken back."""
        delivered = exists().where(deliveries.c.event_id == events.c.id)
        stands = exists().where(articles.c.id == events.c.article_id, articles.c.state == ArticleState.PUBLISHED)
        matters = and_(events.c.type == EventType.BREAKING_STARTED, stands)
        over = and_(events.c.created_at < before, events.c.done_at.is_not(None), not_(delivered), not_(matters))
        return self._delete(events, over, limit)

    def forget_answers(self, before: datetime, limit: int) -> int:
        """Answers kept under an Idempotency-Key since before that time."""
        return self._delete(idempotency_keys, idempotency_keys.c.created_at < before, limit)

    def forget_fragments(self, before: datetime, limit: int) -> int:
        """Fragments replaced before that time. A site keeps them while it is being rendered anew or something of it waits to be
        assembled: until then its listings are made of what has been replaced."""
        renders = exists().where(site_versions.c.site_id == articles.c.site_id, site_versions.c.render_below.is_not(None))
        assembles = exists().where(assemblies.c.site_id == articles.c.site_id)
        halfway = select(articles.c.id).where(articles.c.id == fragments.c.article_id, or_(renders, assembles))
        return self._delete(fragments, and_(fragments.c.replaced_at < before, not_(halfway.exists())), limit)

    def forget_failed_pictures(self, before: datetime, limit: int) -> int:
        """Others' pictures that were given up, the last attempt being due before that time."""
        others = pictures.c.source.like("http%")
        over = and_(pictures.c.state == PictureState.FAILED, others, pictures.c.next_attempt_at < before)
        return self._delete(pictures, over, limit)

    def _delete(self, table: Table, over: ColumnElement[bool], limit: int) -> int:
        """Passes over rows that another transaction has locked."""
        keys: list[Any] = [*table.primary_key]
        chosen = select(*keys).where(over).limit(limit).with_for_update(of=table, skip_locked=True).cte()
        statement = delete(table).where(tuple_(*keys).in_(select(chosen))).returning(*keys)
        return len(self._session.execute(statement).all())  # SQLite's driver counts no rows of a statement that has a CTE
