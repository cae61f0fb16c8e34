"""To forget a picture, databases look for what refers to it, and read all of that without an index."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("picture_variants_source", "picture_variants", ["source"])
    op.create_index("media_digest", "media", ["digest"])


def downgrade() -> None:
    op.drop_index("media_digest", "media")
    op.drop_index("picture_variants_source", "picture_variants")
