"""The hub's subscriptions: requests that wait to be verified, what holds, and what is to be sent because a topic has changed."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, case, delete, exists, func, insert, not_, or_, select, update

from sokbo.domain.breaker import Breaker
from sokbo.domain.delivery import GIVE_UP_AFTER
from sokbo.domain.ids import PartnerId, SiteId, new_id
from sokbo.domain.partner import ContentProfile, Partner, PartnerState
from sokbo.domain.subscription import CHANNEL, Intent, Mode, Subscription
from sokbo.storage.delivery_leasing import IS_OPEN
from sokbo.storage.delivery_tables import deliveries, partners
from sokbo.storage.lease_conditions import NOW, UNTIL, is_free, moments
from sokbo.storage.partners import PartnerRepository
from sokbo.storage.planning import supersede
from sokbo.storage.session import Session
from sokbo.storage.subscription_tables import subscription_intents as intents
from sokbo.storage.subscription_tables import subscriptions
from sokbo.storage.tables import documents, site_versions
from sokbo.storage.topics import FORGET_UNTRIED, NOTE_PLANNED, PLAN, SUPERSEDE

_earlier = intents.alias("earlier")
#: Requests of one subscriber are verified one after the other, so that the last one counts.
_IS_FIRST = not_(exists().where(_earlier.c.subscriber_id == intents.c.subscriber_id, _earlier.c.id < intents.c.id))
_WAITS = and_(is_free(intents), _IS_FIRST)
_NEXT = (
    select(intents.c.id)
    .where(_WAITS)
    .order_by(intents.c.id)
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True)
    .cte("next")  # as in `events`
)
_LEASE = (
    update(intents)
    .where(intents.c.id.in_(select(_NEXT.c.id)), is_free(intents))
    .values(lease_holder=bindparam("holder"), lease_until=UNTIL)
    .returning(*intents.c)
)
_IS_DUE = select(exists().where(_WAITS))
_HELD = and_(intents.c.id == bindparam("intent"), intents.c.lease_holder == bindparam("holder"))
_END_INTENT = delete(intents).where(_HELD)
_RENEW = (
    update(intents)
    .where(intents.c.id.in_(bindparam("ids", expanding=True)), intents.c.lease_holder == bindparam("holder"))
    .values(lease_until=UNTIL)
)
_IN_FORCE = select(subscriptions).where(
    subscriptions.c.subscriber_id.in_(bindparam("ids", expanding=True)), subscriptions.c.expires_at > NOW
)
_expires_at: BindParameter[Any] = bindparam("expires_at", type_=site_versions.c.subscribed_until.type)
_is_longest = or_(site_versions.c.subscribed_until.is_(None), site_versions.c.subscribed_until < _expires_at)
_LENGTHEN = (
    update(site_versions)
    .where(site_versions.c.site_id == bindparam("of_site"))
    .values(subscribed_until=case((_is_longest, _expires_at), else_=site_versions.c.subscribed_until))
)


#: What waits for its time; what is parked is for the breaker to let through.
_MAKE_DUE = (
    update(deliveries)
    .where(deliveries.c.partner_id == bindparam("subscriber"), IS_OPEN, deliveries.c.next_attempt_at > NOW)
    .values(next_attempt_at=NOW, put_off_at=NOW, give_up_at=bindparam("give_up_at", type_=deliveries.c.give_up_at.type))
)


class SubscriptionRepository:
    def __init__(self, session: Session):
        self._session = session
        self._partners = PartnerRepository(session)

    def request(self, intent: Intent) -> None:
        """Writes a request, to be verified."""
        self._session.execute(insert(intents).values(asdict(intent)))

    def waiting(self) -> int:
        """How many requests wait to be verified."""
        return int(self._session.execute(select(func.count()).select_from(intents)).scalar_one())

    def is_due(self, now: datetime, seconds: float) -> bool:
        """True if a request waits that nobody is at, where leases last so many seconds."""
        return bool(self._session.execute(_IS_DUE, moments(now, seconds)).scalar_one())

    def lease(self, holder: str, now: datetime, seconds: float, limit: int) -> Sequence[Intent]:
        """Up to `limit` requests that nobody is at, now held by `holder`; of each subscriber, the first that waits."""
        rows = self._session.execute(_LEASE, {"holder": holder, "room": limit, **moments(now, seconds)})
        return [_intent(row) for row in rows]

    def renew(self, ids: Collection[str], holder: str, now: datetime, seconds: float) -> None:
        """Keeps what is under way in `holder`'s hands."""
        if ids:
            self._session.execute(_RENEW, {"ids": [*ids], "holder": holder, "until": now + timedelta(seconds=seconds)})

    def end(self, intent: Intent, holder: str) -> bool:
        """The request waits no longer; False if `holder` has lost it meanwhile."""
        return self._session.execute(_END_INTENT, {"intent": intent.id, "holder": holder}).rowcount == 1

    def subscribe(self, intent: Intent, now: datetime) -> None:
        """Puts the subscription in force, with the intent's secret and lease in the place of any that it had (WebSub section
        5.1.2). What the topic says now isn't sent, and nothing that it says later is missed: it holds the site's version."""
        expires_at = now + timedelta(seconds=intent.lease_seconds)
        self._session.execute(_LENGTHEN, {"of_site": intent.site_id, "expires_at": expires_at})
        subscriber = _subscriber(intent, now)
        if self._partners.restore(subscriber, intent.secret_sealed):
            self._session.execute(_MAKE_DUE, {"subscriber": intent.subscriber_id, "now": now, "give_up_at": now + GIVE_UP_AFTER})
        else:
            self._partners.add(subscriber, intent.secret_sealed)
        self._session.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == intent.subscriber_id))
        said = select(documents.c.etag).where(documents.c.site_id == intent.site_id, documents.c.path == intent.path)
        row = {
            "subscriber_id": intent.subscriber_id,
            "site_id": intent.site_id,
            "path": intent.path,
            "topic": intent.topic,
            "etag": func.coalesce(said.scalar_subquery(), ""),
            "expires_at": expires_at,
        }
        self._session.execute(insert(subscriptions).values(row))

    def unsubscribe(self, subscribers: Collection[PartnerId]) -> None:
        """Ends their subscriptions: nothing that waits goes out any more."""
        self._session.execute(delete(subscriptions).where(subscriptions.c.subscriber_id.in_(subscribers)))
        gone = update(partners).where(partners.c.id.in_(subscribers), partners.c.channel == CHANNEL)
        self._session.execute(gone.values(state=PartnerState.DELETED))
        self._session.execute(supersede(deliveries.c.partner_id.in_(subscribers)))

    def plan(self, site_id: SiteId, paths: Collection[str], now: datetime) -> int:
        """Plans to send those of the site's documents which have changed to all who are subscribed to them; how many. What waits
        to go to the same subscriber gives way: what goes out is the newest content in any case."""
        if not paths:
            return 0
        of_topics = {"of_site": site_id, "paths": [*paths], "now": now}
        planned = self._session.execute(
            PLAN,
            {**of_topics, "change_id": new_id("top"), "give_up_at": now + GIVE_UP_AFTER},
            execution_options={"preserve_rowcount": True},
        ).rowcount
        if planned:
            self._session.execute(FORGET_UNTRIED, of_topics)
            self._session.execute(SUPERSEDE, of_topics)
            self._session.execute(NOTE_PLANNED, of_topics)
        return planned

    def in_force(self, subscribers: Collection[PartnerId], now: datetime) -> dict[PartnerId, Subscription]:
        """Those of the subscribers' subscriptions that haven't expired."""
        rows = self._session.execute(_IN_FORCE, {"ids": [*subscribers], "now": now})
        return {PartnerId(row.subscriber_id): _subscription(row) for row in rows}

    def count(self, site_id: SiteId | None = None) -> int:
        """How many there are, of the site's topics or of all."""
        of_site = () if site_id is None else (subscriptions.c.site_id == site_id,)
        return int(self._session.execute(select(func.count()).select_from(subscriptions).where(*of_site)).scalar_one())

    def end_expired(self, now: datetime, limit: int) -> int:
        """Ends up to `limit` whose time is over; how many."""
        over = select(subscriptions.c.subscriber_id).where(subscriptions.c.expires_at <= now).limit(limit)
        # Looked at again where another transaction has renewed one meanwhile.
        ended = delete(subscriptions).where(subscriptions.c.subscriber_id.in_(over), subscriptions.c.expires_at <= now)
        subscribers = [PartnerId(row) for row in self._session.execute(ended.returning(subscriptions.c.subscriber_id)).scalars()]
        if subscribers:
            self.unsubscribe(subscribers)
        return len(subscribers)


def _subscriber(intent: Intent, now: datetime) -> Partner:
    return Partner(
        id=intent.subscriber_id,
        site_id=intent.site_id,
        name=intent.callback,
        channel=CHANNEL,
        url=intent.callback,
        created_at=now,
        content=ContentProfile.FULL,
        rel="",
        breaker=Breaker(),
    )


_INTENT = tuple(field.name for field in fields(Intent))
_SUBSCRIPTION = tuple(field.name for field in fields(Subscription))


def _intent(row: Row[Any]) -> Intent:
    return Intent(**{name: getattr(row, name) for name in _INTENT} | {"mode": Mode(row.mode)})


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in _SUBSCRIPTION})
