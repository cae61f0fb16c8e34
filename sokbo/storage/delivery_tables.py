"""The tables of partners and of what is delivered to them; as in `tables`, what waits to be done is a row."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from sokbo.domain.delivery import OPEN_STATES
from sokbo.domain.subscription import CHANNEL as WEBSUB_CHANNEL
from sokbo.storage.tables import metadata, site_id, where
from sokbo.storage.types import BigId, Blob, UtcDateTime

_IS_REGISTERED = f"channel <> '{WEBSUB_CHANNEL}'"
partners = Table(
    "partners",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("name", Text, nullable=False),
    Column("channel", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("content", String, nullable=False),
    Column("rel", String, nullable=False),
    Column("signature", String, nullable=False, server_default="v1"),
    Column("breaking_only", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("disabled_reason", Text),
    Column("secret_sealed", Blob, nullable=False),
    Column("previous_secret_sealed", Blob),
    Column("previous_secret_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("breaker_recent", String, nullable=False, server_default=""),
    Column("breaker_since", UtcDateTime),
    Column("breaker_put_off_at", UtcDateTime),
    Column("breaker_next_probe_at", UtcDateTime),
    Column("breaker_last_detail", Text, nullable=False, server_default=""),
    Column("breaker_asked_at", UtcDateTime),
    Column("breaker_retry_after_until", UtcDateTime),
    Column("host", String, nullable=False, server_default=""),
    Index("partners_site", "site_id"),
    Index("partners_registered", "site_id", "id", **where(_IS_REGISTERED)),
    Index("partners_host", "host"),
    Index("partners_breaker_open", "breaker_next_probe_at", **where("breaker_since IS NOT NULL")),
)

#: True for those that an operator has registered: subscribers of the hub come and go by themselves.
IS_REGISTERED = partners.c.channel != literal_column(f"'{WEBSUB_CHANNEL}'")  # in words, so that the index will do

#: One row per value of a partner's filter; a kind without rows lets everything through.
partner_filters = Table(
    "partner_filters",
    metadata,
    Column("partner_id", String, ForeignKey("partners.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("partner_id", "kind", "value"),
)

_IS_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN_STATES)})"
_QUEUE = ("lane", "partner_id", "sequence")
#: Without an event and an article, it is a ping, or for a subscriber of the hub.
#: An open one without `next_attempt_at` waits for its partner.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("event_id", String, ForeignKey("events.id")),
    Column("partner_id", String, ForeignKey("partners.id"), nullable=False),
    Column("article_id", String, ForeignKey("articles.id")),
    Column("type", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("lane", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("give_up_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("put_off_at", UtcDateTime, nullable=False),
    Column("lease_holder", String),
    Column("lease_until", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("last_status", Integer),
    Column("last_detail", Text, nullable=False, server_default=""),
    UniqueConstraint("event_id", "partner_id"),
    Index("deliveries_queue", *_QUEUE, "next_attempt_at", **where(f"{_IS_OPEN} AND next_attempt_at IS NOT NULL")),
    Index("deliveries_parked", "lane", "partner_id", "attempts", "sequence", **where(f"{_IS_OPEN} AND next_attempt_at IS NULL")),
    Index("deliveries_put_off", "put_off_at", **where(_IS_OPEN)),
    Index("deliveries_leased", "partner_id", **where("lease_until IS NOT NULL")),
    Index("deliveries_site", "site_id", "state", "id"),
    Index("deliveries_partner", "partner_id", "state", "id"),
    Index("deliveries_order", "partner_id", "article_id", "sequence"),
    Index("deliveries_article", "article_id", "id"),
    Index("deliveries_of_no_event", "created_at", **where("event_id IS NULL")),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("delivery_id", String, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("duration_seconds", Float, nullable=False),
    Column("verdict", String, nullable=False),
    Column("status", Integer),
    Column("detail", Text, nullable=False),
    Index("attempts_delivery", "delivery_id", "number"),
    Index("attempts_ended", "ended_at"),
)
