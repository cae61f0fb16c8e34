"""Most of the tables, and what all have in common. Times are UTC; JSON columns hold text; ids are the domain's.

What waits to be done is always a row: events without `done_at`, assemblies, deliveries in an open state, articles and breaking
links whose hour has come. A lease (`lease_holder`, `lease_until`) says who is at it and until when to believe that.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sokbo.storage.types import BigId, Blob, Json, UtcDateTime

metadata = MetaData()


def site_id() -> Column[int]:
    """The column that says whose the row is."""
    return Column("site_id", Integer, ForeignKey("sites.id"), nullable=False)


def where(condition: str) -> dict[str, Any]:
    """What makes an index one of these rows alone, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


sites = Table(
    "sites",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("timezone", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("footer", Text, nullable=False),
    Column("standing_text", Text),
    Column("standing_url", Text),
    Column("logo", Text),
    Column("created_at", UtcDateTime, nullable=False),
)

#: The last article number and event sequence given out. Its row lock makes a site's commits follow their sequence numbers.
site_counters = Table(
    "site_counters",
    metadata,
    Column("site_id", Integer, ForeignKey("sites.id"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
)

#: The version of a site's documents. Its row lock makes assembling a site's documents one at a time. Where `render_below` is
#: set, the site is being rendered anew, newest article first, and has come down to that number. For the others see `SiteVersion`.
site_versions = Table(
    "site_versions",
    metadata,
    Column("site_id", Integer, ForeignKey("sites.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("render_below", Integer),
    Column("archive", String),
    Column("withdrawn", UtcDateTime),
    Column("subscribed_until", UtcDateTime),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("prefix", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

articles = Table(
    "articles",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("number", Integer, nullable=False),
    Column("slug", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("external_id", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    Column("breaking_until", UtcDateTime),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("site_id", "external_id"),
    Index("articles_scheduled", "published_at", **where("state = 'scheduled'")),
    Index("articles_breaking", "breaking_until", **where("breaking_until IS NOT NULL")),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("slug", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("request_id", String, nullable=False),
    PrimaryKeyConstraint("article_id", "revision"),
)

#: Which published articles each listing shows.
listing_articles = Table(
    "listing_articles",
    metadata,
    site_id(),
    Column("kind", String, nullable=False),
    Column("key", Text, nullable=False),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key", "number"),
    Index("listing_articles_newest", "site_id", "kind", "key", "published_at", "number"),
    Index("listing_articles_article", "article_id"),
)

#: Every term that ever had an article, with the label first seen, as its publisher wrote it: what /feeds lists.
listings = Table(
    "listings",
    metadata,
    site_id(),
    Column("kind", String, nullable=False),
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key"),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("sequence", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("breaking", Boolean, nullable=False),
    Column("lane", String, nullable=False),
    Column("listings", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("request_id", String, nullable=False),
    Column("lease_holder", String),
    Column("lease_until", UtcDateTime),
    Column("leases", Integer, nullable=False, server_default=text("0")),
    Column("done_at", UtcDateTime),
    UniqueConstraint("site_id", "sequence"),
    Index("events_pending", "lane", "created_at", **where("done_at IS NULL")),
    Index("events_article", "article_id"),
    Index("events_age", "created_at"),
)

#: An article's entry in one format. No id is ever given twice: documents name them. Blobs last: see `renderings`.
fragments = Table(
    "fragments",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("replaced_at", UtcDateTime),
    Column("raw", Blob, nullable=False),
    Column("deflated", Blob, nullable=False),
    Index("fragments_article", "article_id"),
    Index("fragments_replaced", "replaced_at", **where("replaced_at IS NOT NULL")),
    sqlite_autoincrement=True,
)

#: What of an article is in use now: {format: [fragment id, digest]}. One small row, so that a listing is read at once.
renderings = Table(
    "renderings",
    metadata,
    Column("article_id", String, ForeignKey("articles.id"), primary_key=True),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("fragments", Json, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    site_id(),
    Column("path", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("media_type", String, nullable=False),
    Column("etag", String, nullable=False),
    Column("last_modified", UtcDateTime, nullable=False),
    Column("canonical_path", Text),
    Column("headers", Json, nullable=False),
    Column("fragments", Json, nullable=False),
    *(Column(f"{part}_{form}", Blob) for part in ("head", "separator", "tail", "closing") for form in ("raw", "deflated")),
    PrimaryKeyConstraint("site_id", "path"),
    Index("documents_version", "site_id", "version"),
)

#: Documents that are wanted anew. Whoever makes them deletes the row with it; one that can't be made becomes due again later.
assemblies = Table(
    "assemblies",
    metadata,
    site_id(),
    Column("kind", String, nullable=False),
    Column("key", Text, nullable=False),
    Column("anew", Boolean, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key", "anew"),
    Index("assemblies_due", "site_id", "due_at"),
)

#: Feeds of a publisher's own choice; `chosen` is what it says of them. A private one's token is kept as its digest.
selections = Table(
    "selections",
    metadata,
    site_id(),
    Column("name", String, nullable=False),
    Column("chosen", Json, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("token_digest", String),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "name"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    site_id(),
    Column("key", String, nullable=False),
    Column("request_digest", String, nullable=False),
    Column("answer", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "key"),
    Index("idempotency_keys_age", "created_at"),
)

#: Who did what, in the same transaction as the operation. Triggers refuse to update it or to delete from it.
audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    site_id(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("request_id", String, nullable=False),
    Index("audit_site", "site_id", "id"),
)

#: What the workers have counted, all processes on all machines together: exact, since written with what is counted.
tallies = Table(
    "tallies",
    metadata,
    Column("name", String, nullable=False),
    Column("label", String, nullable=False),
    Column("value", Float, nullable=False),
    PrimaryKeyConstraint("name", "label"),
)
