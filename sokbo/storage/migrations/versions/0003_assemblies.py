"""Documents that wait to be assembled are rows."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assemblies",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"]),
        sa.PrimaryKeyConstraint("site_id", "kind", "key", "anew"),
    )
    op.create_index("assemblies_due", "assemblies", ["site_id", "due_at"])


def downgrade() -> None:
    op.drop_table("assemblies")
