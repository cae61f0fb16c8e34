"""Articles whose pictures are settled are found at once, however many wait."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("awaited_pictures", sa.Column("settled_at", UtcDateTime()))
    op.execute(
        "UPDATE awaited_pictures SET settled_at = CURRENT_TIMESTAMP "
        "WHERE source IN (SELECT source FROM pictures WHERE state <> 'waiting')"
    )
    settled = sa.text("settled_at IS NOT NULL")
    op.create_index(
        "awaited_pictures_settled", "awaited_pictures", ["settled_at"], sqlite_where=settled, postgresql_where=settled
    )


def downgrade() -> None:
    op.drop_index("awaited_pictures_settled", "awaited_pictures")
    op.drop_column("awaited_pictures", "settled_at")
