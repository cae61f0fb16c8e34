"""What is forgotten is found without reading all that is kept: old attempts, and what refers to a picture."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("picture_variants_source", "picture_variants", ["source"])
    op.create_index("media_digest", "media", ["digest"])
    op.create_index("attempts_ended", "attempts", ["ended_at"])


def downgrade() -> None:
    op.drop_index("attempts_ended", "attempts")
    op.drop_index("media_digest", "media")
    op.drop_index("picture_variants_source", "picture_variants")
