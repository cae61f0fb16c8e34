"""Deliveries are found by indexes, however many wait or have been made."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IS_OPEN = "state IN ('planned', 'failing')"


def _create(name: str, columns: list[str], where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, "deliveries", columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    for name in ("deliveries_open", "deliveries_waiting", "deliveries_dead", "deliveries_article"):
        op.drop_index(name, "deliveries")
    _create(
        "deliveries_queue", ["lane", "partner_id", "sequence", "next_attempt_at"], f"{IS_OPEN} AND next_attempt_at IS NOT NULL"
    )
    _create("deliveries_parked", ["lane", "partner_id", "sequence"], f"{IS_OPEN} AND next_attempt_at IS NULL")
    _create("deliveries_site", ["site_id", "state", "id"])
    _create("deliveries_partner", ["partner_id", "state", "id"])
    _create("deliveries_article", ["article_id", "id"])


def downgrade() -> None:
    for name in ("deliveries_queue", "deliveries_parked", "deliveries_site", "deliveries_partner", "deliveries_article"):
        op.drop_index(name, "deliveries")
    _create("deliveries_open", ["lane", "next_attempt_at"], IS_OPEN)
    _create("deliveries_waiting", ["partner_id", "next_attempt_at"], IS_OPEN)
    _create("deliveries_dead", ["site_id", "id"], "state = 'dead'")
    _create("deliveries_article", ["article_id"])
