"""Archives, sitemaps and tombstones. What is published already gets its place, and existing sites get the documents."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: Articles in the archive's documents and in sitemaps.
DOCUMENT_ARTICLES, SITEMAP_ARTICLES = 100, 500


def upgrade() -> None:
    for name, kind in (("archive", sa.String()), ("withdrawn", UtcDateTime())):
        op.add_column("site_versions", sa.Column(name, kind))
    _create_archive_entries()
    _create_sitemaps()
    _create_tombstones()
    _place_articles()
    _want_documents()


def _create_archive_entries() -> None:
    op.create_table(
        "archive_entries",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.String()),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"]),
        sa.PrimaryKeyConstraint("site_id", "month", "ordinal"),
        sa.UniqueConstraint("article_id"),
    )
    op.create_index("archive_entries_newest", "archive_entries", ["site_id", "published_at"])


def _create_sitemaps() -> None:
    op.create_table(
        "sitemaps",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.PrimaryKeyConstraint("site_id", "month", "number"),
    )
    op.create_table(
        "news_sitemaps",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("complete_until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.PrimaryKeyConstraint("site_id"),
    )


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"]),
        sa.PrimaryKeyConstraint("site_id", "kind", "key", "number"),
    )
    op.create_index("tombstones_newest", "tombstones", ["site_id", "kind", "key", "published_at"])


def _place_articles() -> None:
    """In the order of publication. What was withdrawn before stood in no archive, and needs no tombstone there."""
    if op.get_bind().dialect.name == "sqlite":
        month = "substr(articles.published_at, 1, 7)"
        title, language = (f"json_extract(revisions.content, '$.{name}')" for name in ("title", "language"))
    else:
        month = "to_char(articles.published_at AT TIME ZONE 'UTC', 'YYYY-MM')"
        title, language = (f"revisions.content::json ->> '{name}'" for name in ("title", "language"))
    op.execute(f"""
        INSERT INTO archive_entries
        SELECT articles.site_id, {month},
            row_number() OVER (PARTITION BY articles.site_id, {month} ORDER BY articles.published_at, articles.number) - 1,
            articles.id, articles.number, articles.slug, {title}, {language}, articles.published_at, articles.modified_at, false
        FROM articles JOIN revisions ON revisions.article_id = articles.id AND revisions.revision = articles.revision
        WHERE articles.state = 'published'
    """)  # noqa: S608 - our own words only
    op.execute(f"""
        UPDATE site_versions SET archive = (
            SELECT month || '/' || (ordinal / {DOCUMENT_ARTICLES} + 1) FROM archive_entries
            WHERE archive_entries.site_id = site_versions.site_id ORDER BY month DESC, ordinal DESC LIMIT 1
        )
    """)  # noqa: S608 - our own words only


def _want_documents() -> None:
    now = "CURRENT_TIMESTAMP"
    for kind in ("feeds", "site", "sitemap-index", "news-sitemap"):
        op.execute(f"INSERT INTO assemblies SELECT id, '{kind}', '', false, {now} FROM sites WHERE true ON CONFLICT DO NOTHING")  # noqa: S608
    for kind, articles in (("archive", DOCUMENT_ARTICLES), ("sitemap", SITEMAP_ARTICLES)):
        part = f"month || '/' || (ordinal / {articles} + 1)"
        op.execute(f"INSERT INTO assemblies SELECT DISTINCT site_id, '{kind}', {part}, false, {now} FROM archive_entries")  # noqa: S608


def downgrade() -> None:
    for table in ("tombstones", "news_sitemaps", "sitemaps", "archive_entries"):
        op.drop_table(table)
    for column in ("withdrawn", "archive"):
        op.drop_column("site_versions", column)
