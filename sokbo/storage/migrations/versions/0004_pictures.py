"""Uploaded pictures, what is known of all pictures, and the articles that wait for that."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import BigId, Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("type", sa.String()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("length", BigId),
        sa.Column("variants", Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_holder", sa.String()),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("last_detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("pictures_waiting", "pictures", ["next_attempt_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "media",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("uploaded_digest", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.ForeignKeyConstraint(["digest"], ["pictures.source"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "digest"),
    )
    op.create_index("media_uploaded", "media", ["site_id", "uploaded_digest"])
    op.create_table(
        "awaited_pictures",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"]),
        sa.PrimaryKeyConstraint("source", "article_id"),
    )


def downgrade() -> None:
    op.drop_table("awaited_pictures")
    op.drop_table("media")
    op.drop_table("pictures")
