"""The tables of archives, sitemaps, tombstones and departures."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from sokbo.storage.tables import metadata, site_id
from sokbo.storage.types import UtcDateTime

#: Where each article that was ever published stands in its site's archive, and what sitemaps say of it, so that those needn't
#: read articles whole.
archive_entries = Table(
    "archive_entries",
    metadata,
    site_id(),
    Column("month", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("document", Integer, nullable=False),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False, unique=True),
    Column("number", Integer, nullable=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", String),
    Column("published_at", UtcDateTime, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("canonical_url", Text),
    PrimaryKeyConstraint("site_id", "month", "ordinal"),
    Index("archive_entries_newest", "site_id", "published_at"),
    Index("archive_entries_document", "site_id", "month", "document"),
)

#: Each month's archive documents. `position` is where one stands in the chain that readers walk, from 1 in the order in which
#: they were closed; null while it is open.
archive_documents = Table(
    "archive_documents",
    metadata,
    site_id(),
    Column("month", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("position", Integer),
    PrimaryKeyConstraint("site_id", "month", "number"),
    Index("archive_documents_chain", "site_id", "position", unique=True),
)

#: The sitemaps that list something, and since when they are as they are. `etag` names their bytes, unless they are of before it
#: was kept.
sitemaps = Table(
    "sitemaps",
    metadata,
    site_id(),
    Column("month", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("etag", String),
    PrimaryKeyConstraint("site_id", "month", "number"),
)

#: When each site's news sitemap has to lose an article.
news_sitemaps = Table(
    "news_sitemaps",
    metadata,
    Column("site_id", Integer, ForeignKey("sites.id"), primary_key=True),
    Column("complete_until", UtcDateTime, nullable=False),
)

#: Where withdrawn articles stood in the listings.
tombstones = Table(
    "tombstones",
    metadata,
    site_id(),
    Column("kind", String, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("article_id", String, ForeignKey("articles.id"), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key", "number"),
    Index("tombstones_newest", "site_id", "kind", "key", "published_at"),
)

#: When an article published at `published_at` left the listing. A row replaces those with an earlier or equal `published_at`, so
#: the first row from some `published_at` on has the latest `left_at`.
listing_departures = Table(
    "listing_departures",
    metadata,
    site_id(),
    Column("kind", String, nullable=False),
    Column("key", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key", "published_at"),
)
