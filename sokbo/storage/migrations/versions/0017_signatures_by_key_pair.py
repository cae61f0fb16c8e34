"""Partners may have their pushes signed by a key pair (v1a)."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partners", sa.Column("signature", sa.String(), nullable=False, server_default="v1"))


def downgrade() -> None:
    op.drop_column("partners", "signature")
