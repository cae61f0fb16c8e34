"""Articles that are at home elsewhere are in no sitemap; they are found as all sites are made anew, which other changes of feeds
and pages want, too."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("archive_entries", sa.Column("canonical_url", sa.Text(), nullable=True))
    op.execute("""
        UPDATE site_versions SET render_below =
        (SELECT number + 1 FROM site_counters WHERE site_counters.site_id = site_versions.site_id)
    """)


def downgrade() -> None:
    op.drop_column("archive_entries", "canonical_url")
