"""Selections: feeds of a publisher's own choice."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "selections",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("chosen", Json(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("token_digest", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.PrimaryKeyConstraint("site_id", "name"),
    )


def downgrade() -> None:
    op.drop_table("selections")
