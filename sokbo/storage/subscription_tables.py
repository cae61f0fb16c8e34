"""The tables of the hub; as in `tables`, what waits to be done is a row."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from sokbo.storage.tables import metadata, site_id
from sokbo.storage.types import Blob, UtcDateTime

#: What a subscriber is subscribed to; where and how it is reached is in its row of `partners`. `etag` is that of the content
#: which it has been planned to be sent, or was there when it subscribed.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber_id", String, ForeignKey("partners.id"), primary_key=True),
    site_id(),
    Column("path", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("etag", String, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("subscriptions_topic", "site_id", "path"),
    Index("subscriptions_expire", "expires_at"),
)

#: Requests to subscribe or unsubscribe that are to be verified, in the order of their ids.
subscription_intents = Table(
    "subscription_intents",
    metadata,
    Column("id", String, primary_key=True),
    Column("subscriber_id", String, nullable=False),
    site_id(),
    Column("path", Text, nullable=False),
    Column("mode", String, nullable=False),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("lease_seconds", Integer, nullable=False),
    Column("secret_sealed", Blob, nullable=False),
    Column("lease_holder", String),
    Column("lease_until", UtcDateTime),
    Index("subscription_intents_subscriber", "subscriber_id", "id"),
)
