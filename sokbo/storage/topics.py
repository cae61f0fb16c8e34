"""The statements that plan deliveries to the hub's subscribers: one to each whose topic says something else than when the last
one was planned. None of them holds content: what is sent is what the topic says by then."""

from typing import Any

from sqlalchemy import BindParameter, String, and_, bindparam, case, delete, exists, insert, literal, not_, select, update

from sokbo.domain.delivery import OPEN_STATES, TOPIC_CHANGED, DeliveryState
from sokbo.domain.event import Lane
from sokbo.domain.feed import BREAKING_LISTING
from sokbo.domain.partner import PartnerState
from sokbo.storage.delivery_tables import deliveries, partners
from sokbo.storage.lease_conditions import NOW, is_free
from sokbo.storage.subscription_tables import subscriptions
from sokbo.storage.tables import documents

_of_site: BindParameter[Any] = bindparam("of_site", type_=subscriptions.c.site_id.type)
_OF_TOPICS = and_(subscriptions.c.site_id == _of_site, subscriptions.c.path.in_(bindparam("paths", expanding=True)))
_IS_SAID = and_(documents.c.site_id == subscriptions.c.site_id, documents.c.path == subscriptions.c.path)
_PLANNED: dict[str, Any] = {
    "id": bindparam("change_id", type_=String).concat("-").concat(subscriptions.c.subscriber_id),
    "site_id": subscriptions.c.site_id,
    "partner_id": subscriptions.c.subscriber_id,
    "type": literal(TOPIC_CHANGED, String),
    "revision": literal(0),
    "sequence": documents.c.version,
    "lane": case(
        (subscriptions.c.path.startswith(f"{BREAKING_LISTING.path}."), literal(Lane.BREAKING, String)),
        else_=literal(Lane.DEFAULT, String),
    ),
    "state": literal(DeliveryState.PLANNED, String),
    "attempts": literal(0),
    "retries": literal(0),
    "created_at": NOW,
    "give_up_at": bindparam("give_up_at", type_=deliveries.c.give_up_at.type),
    "next_attempt_at": NOW,
    "put_off_at": NOW,
}
#: One INSERT ... SELECT for all the subscribers of all the topics.
PLAN = insert(deliveries).from_select(
    [*_PLANNED],
    select(*_PLANNED.values())
    .select_from(subscriptions)
    .join(documents, _IS_SAID)
    .join(partners, partners.c.id == subscriptions.c.subscriber_id)
    .where(
        _OF_TOPICS,
        documents.c.etag != subscriptions.c.etag,
        subscriptions.c.expires_at > NOW,
        partners.c.state == PartnerState.ACTIVE,
    ),
)
NOTE_PLANNED = (
    update(subscriptions)
    .where(_OF_TOPICS, subscriptions.c.expires_at > NOW, exists().where(_IS_SAID, documents.c.etag != subscriptions.c.etag))
    .values(etag=select(documents.c.etag).where(_IS_SAID).scalar_subquery())
)

_other = deliveries.alias("other_of_topic")
_IS_OF_TOPIC = deliveries.c.type == TOPIC_CHANGED
_IS_BESIDE = and_(_other.c.partner_id == deliveries.c.partner_id, _other.c.article_id.is_(None), _other.c.type == TOPIC_CHANGED)
#: A newer one was planned for the same subscriber.
IS_OVERTAKEN = and_(_IS_OF_TOPIC, exists().where(_IS_BESIDE, _other.c.sequence > deliveries.c.sequence))
#: Another one is just being made to the same subscriber, with what the topic said when that was begun.
IS_BEHIND_ANOTHER = and_(
    _IS_OF_TOPIC,
    exists().where(_IS_BESIDE, _other.c.id != deliveries.c.id, _other.c.lease_until.is_not(None), not_(is_free(_other))),
)
#: What waits, or is dead, and isn't the newest, of those who are subscribed to these topics. Not what another transaction is at:
#: whoever records it finds that it is overtaken, and each would wait for the other.
_OVERTAKEN = (
    select(deliveries.c.id)
    .where(
        deliveries.c.partner_id.in_(select(subscriptions.c.subscriber_id).where(_OF_TOPICS)),
        deliveries.c.state.in_((*OPEN_STATES, DeliveryState.DEAD)),
        deliveries.c.lease_until.is_(None),
        IS_OVERTAKEN,
    )
    .order_by(deliveries.c.id)
    .with_for_update(of=deliveries, skip_locked=True)
    .cte("overtaken")
)
_IS_ONE = deliveries.c.id.in_(select(_OVERTAKEN.c.id))
SUPERSEDE = update(deliveries).where(_IS_ONE).values(state=DeliveryState.SUPERSEDED, next_attempt_at=None)
#: One that never was tried tells nothing to anybody.
FORGET_UNTRIED = delete(deliveries).where(_IS_ONE, deliveries.c.attempts == 0)
