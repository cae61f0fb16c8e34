"""Pictures that were given up are found by their age."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    failed = sa.text("state = 'failed'")
    op.create_index("pictures_failed", "pictures", ["next_attempt_at"], sqlite_where=failed, postgresql_where=failed)


def downgrade() -> None:
    op.drop_index("pictures_failed", "pictures")
