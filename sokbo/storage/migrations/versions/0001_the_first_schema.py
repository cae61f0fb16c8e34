"""The first schema."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import BigId, Blob, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("footer", sa.Text(), nullable=False),
        sa.Column("standing_text", sa.Text(), nullable=True),
        sa.Column("standing_url", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "label"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("breaking_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "external_id"),
        sa.UniqueConstraint("site_id", "number"),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(
            "articles_breaking",
            ["breaking_until"],
            unique=False,
            sqlite_where=sa.text("breaking_until IS NOT NULL"),
            postgresql_where=sa.text("breaking_until IS NOT NULL"),
        )
        batch_op.create_index(
            "articles_scheduled",
            ["published_at"],
            unique=False,
            sqlite_where=sa.text("state = 'scheduled'"),
            postgresql_where=sa.text("state = 'scheduled'"),
        )

    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("audit_site", ["site_id", "id"], unique=False)

    op.create_table(
        "documents",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.Column("canonical_path", sa.Text(), nullable=True),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("fragments", Json(), nullable=False),
        sa.Column("head_raw", Blob(), nullable=True),
        sa.Column("head_deflated", Blob(), nullable=True),
        sa.Column("separator_raw", Blob(), nullable=True),
        sa.Column("separator_deflated", Blob(), nullable=True),
        sa.Column("tail_raw", Blob(), nullable=True),
        sa.Column("tail_deflated", Blob(), nullable=True),
        sa.Column("closing_raw", Blob(), nullable=True),
        sa.Column("closing_deflated", Blob(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "path"),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index("documents_version", ["site_id", "version"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_digest", sa.String(), nullable=False),
        sa.Column("answer", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("idempotency_keys_age", ["created_at"], unique=False)

    op.create_table(
        "listings",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "kind", "key"),
    )
    op.create_table(
        "partners",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("rel", sa.String(), nullable=False),
        sa.Column("breaking_only", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("secret_sealed", Blob(), nullable=False),
        sa.Column("previous_secret_sealed", Blob(), nullable=True),
        sa.Column("previous_secret_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("breaker_recent", sa.String(), server_default="", nullable=False),
        sa.Column("breaker_since", UtcDateTime(), nullable=True),
        sa.Column("breaker_put_off_at", UtcDateTime(), nullable=True),
        sa.Column("breaker_next_probe_at", UtcDateTime(), nullable=True),
        sa.Column("breaker_last_detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.create_index("partners_site", ["site_id"], unique=False)
        batch_op.create_index(
            "partners_breaker_open",
            ["breaker_next_probe_at"],
            unique=False,
            sqlite_where=sa.text("breaker_since IS NOT NULL"),
            postgresql_where=sa.text("breaker_since IS NOT NULL"),
        )

    op.create_table(
        "site_counters",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id"),
    )
    op.create_table(
        "site_versions",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("render_below", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("breaking", sa.Boolean(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("listings", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("lease_holder", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("leases", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "sequence"),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("events_article", ["article_id"], unique=False)
        batch_op.create_index(
            "events_pending",
            ["lane", "created_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "fragments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.Column("raw", Blob(), nullable=False),
        sa.Column("deflated", Blob(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("fragments", schema=None) as batch_op:
        batch_op.create_index("fragments_article", ["article_id"], unique=False)
        batch_op.create_index(
            "fragments_replaced",
            ["replaced_at"],
            unique=False,
            sqlite_where=sa.text("replaced_at IS NOT NULL"),
            postgresql_where=sa.text("replaced_at IS NOT NULL"),
        )

    op.create_table(
        "listing_articles",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "kind", "key", "number"),
    )
    with op.batch_alter_table("listing_articles", schema=None) as batch_op:
        batch_op.create_index("listing_articles_article", ["article_id"], unique=False)
        batch_op.create_index("listing_articles_newest", ["site_id", "kind", "key", "published_at", "number"], unique=False)

    op.create_table(
        "partner_filters",
        sa.Column("partner_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("partner_id", "kind", "value"),
    )
    op.create_table(
        "renderings",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.Column("fragments", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.PrimaryKeyConstraint("article_id"),
    )
    op.create_table(
        "revisions",
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.PrimaryKeyConstraint("article_id", "revision"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("partner_id", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("give_up_at", UtcDateTime(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("put_off_at", UtcDateTime(), nullable=False),
        sa.Column("lease_holder", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["partners.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id", "partner_id"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_article", ["article_id"], unique=False)
        batch_op.create_index(
            "deliveries_open",
            ["lane", "next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )
        batch_op.create_index(
            "deliveries_waiting",
            ["partner_id", "next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )
        batch_op.create_index(
            "deliveries_leased",
            ["partner_id"],
            unique=False,
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.create_index(
            "deliveries_dead",
            ["site_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
        batch_op.create_index("deliveries_order", ["partner_id", "article_id", "sequence"], unique=False)
        batch_op.create_index(
            "deliveries_put_off",
            ["put_off_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )

    op.create_table(
        "attempts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("attempts_delivery", ["delivery_id", "number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("attempts_delivery")

    op.drop_table("attempts")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "deliveries_put_off",
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )
        batch_op.drop_index("deliveries_order")
        batch_op.drop_index(
            "deliveries_waiting",
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )
        batch_op.drop_index(
            "deliveries_leased",
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.drop_index("deliveries_dead", sqlite_where=sa.text("state = 'dead'"), postgresql_where=sa.text("state = 'dead'"))
        batch_op.drop_index(
            "deliveries_open",
            sqlite_where=sa.text("state IN ('planned', 'failing')"),
            postgresql_where=sa.text("state IN ('planned', 'failing')"),
        )
        batch_op.drop_index("deliveries_article")

    op.drop_table("deliveries")
    op.drop_table("revisions")
    op.drop_table("renderings")
    op.drop_table("partner_filters")
    with op.batch_alter_table("listing_articles", schema=None) as batch_op:
        batch_op.drop_index("listing_articles_newest")
        batch_op.drop_index("listing_articles_article")

    op.drop_table("listing_articles")
    with op.batch_alter_table("fragments", schema=None) as batch_op:
        batch_op.drop_index(
            "fragments_replaced",
            sqlite_where=sa.text("replaced_at IS NOT NULL"),
            postgresql_where=sa.text("replaced_at IS NOT NULL"),
        )
        batch_op.drop_index("fragments_article")

    op.drop_table("fragments")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "events_pending", sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL")
        )
        batch_op.drop_index("events_article")

    op.drop_table("events")
    op.drop_table("site_versions")
    op.drop_table("site_counters")
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.drop_index(
            "partners_breaker_open",
            sqlite_where=sa.text("breaker_since IS NOT NULL"),
            postgresql_where=sa.text("breaker_since IS NOT NULL"),
        )
        batch_op.drop_index("partners_site")

    op.drop_table("partners")
    op.drop_table("listings")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("idempotency_keys_age")

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index("documents_version")

    op.drop_table("documents")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("audit_site")

    op.drop_table("audit")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index(
            "articles_scheduled", sqlite_where=sa.text("state = 'scheduled'"), postgresql_where=sa.text("state = 'scheduled'")
        )
        batch_op.drop_index(
            "articles_breaking",
            sqlite_where=sa.text("breaking_until IS NOT NULL"),
            postgresql_where=sa.text("breaking_until IS NOT NULL"),
        )

    op.drop_table("articles")
    op.drop_table("api_keys")
    op.drop_table("tallies")
    op.drop_table("sites")
