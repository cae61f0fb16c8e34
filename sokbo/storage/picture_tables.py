"""The tables of pictures; as in `tables`, what waits to be done is a row."""

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint

from sokbo.storage.tables import metadata, site_id, where
from sokbo.storage.types import BigId, Json, UtcDateTime

#: What is known of a picture, under our digest or another's URL, and where the work on it stands: see `sokbo.domain.picture`.
pictures = Table(
    "pictures",
    metadata,
    Column("source", Text, primary_key=True),
    Column("state", String, nullable=False),
    Column("type", String),
    Column("width", Integer),
    Column("height", Integer),
    Column("length", BigId),
    Column("variants", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("lease_holder", String),
    Column("lease_until", UtcDateTime),
    Column("last_detail", Text, nullable=False),
    Index("pictures_waiting", "next_attempt_at", **where("state = 'waiting'")),
    Index("pictures_failed", "next_attempt_at", **where("state = 'failed'")),
)

#: The pictures of which a file of ours is a variant; two may have the same one.
picture_variants = Table(
    "picture_variants",
    metadata,
    Column("name", String, nullable=False),
    Column("source", Text, ForeignKey("pictures.source"), nullable=False),
    PrimaryKeyConstraint("name", "source"),
    Index("picture_variants_source", "source"),
)

#: A site's uploads. The same file uploaded twice is one.
media = Table(
    "media",
    metadata,
    Column("id", String, primary_key=True),
    site_id(),
    Column("digest", Text, ForeignKey("pictures.source"), nullable=False),
    Column("uploaded_digest", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("site_id", "digest"),
    Index("media_uploaded", "site_id", "uploaded_digest"),
    Index("media_digest", "digest"),
)

#: Articles whose documents were rendered before all was known of the picture that they show. A row goes when they are rendered
#: with it, or when there is nothing to come.
awaited_pictures = Table(
    "awaited_pictures",
    metadata,
    Column("source", Text, nullable=False),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("settled_at", UtcDateTime),
    PrimaryKeyConstraint("source", "article_id"),
    Index("awaited_pictures_settled", "settled_at", **where("settled_at IS NOT NULL")),
)
