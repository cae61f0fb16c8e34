"""A WebSub hub; what announces it is made anew on existing sites."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import Blob, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("site_versions", sa.Column("subscribed_until", UtcDateTime(), nullable=True))
    op.create_table(
        "subscriptions",
        sa.Column("subscriber_id", sa.String(), sa.ForeignKey("partners.id"), primary_key=True),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("subscriptions_topic", "subscriptions", ["site_id", "path"])
    op.create_index("subscriptions_expire", "subscriptions", ["expires_at"])
    op.create_table(
        "subscription_intents",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("subscriber_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", Blob(), nullable=False),
        sa.Column("lease_holder", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
    )
    op.create_index("subscription_intents_subscriber", "subscription_intents", ["subscriber_id", "id"])
    without = sa.text("event_id IS NULL")
    op.create_index("deliveries_of_no_event", "deliveries", ["created_at"], sqlite_where=without, postgresql_where=without)
    registered = sa.text("channel <> 'websub'")
    op.create_index("partners_registered", "partners", ["site_id", "id"], sqlite_where=registered, postgresql_where=registered)
    op.execute("""
        UPDATE site_versions SET render_below =
        (SELECT number + 1 FROM site_counters WHERE site_counters.site_id = site_versions.site_id)
    """)


def downgrade() -> None:
    op.drop_index("partners_registered", "partners")
    op.drop_index("deliveries_of_no_event", "deliveries")
    op.drop_table("subscription_intents")
    op.drop_table("subscriptions")
    op.drop_column("site_versions", "subscribed_until")
