"""What is parked is found by how often it has been tried."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

IS_PARKED = sa.text("state IN ('planned', 'failing') AND next_attempt_at IS NULL")


def upgrade() -> None:
    _replace(["lane", "partner_id", "attempts", "sequence"])


def downgrade() -> None:
    _replace(["lane", "partner_id", "sequence"])


def _replace(columns: list[str]) -> None:
    op.drop_index("deliveries_parked", table_name="deliveries")
    op.create_index("deliveries_parked", "deliveries", columns, sqlite_where=IS_PARKED, postgresql_where=IS_PARKED)
