"""Sitemaps are told apart by their bytes, so that their times are those of the files, and not of what they list."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sitemaps", sa.Column("etag", sa.String()))


def downgrade() -> None:
    op.drop_column("sitemaps", "etag")
