"""The files of pictures' variants are found by name, so that a site shows those of its own uploads only."""

import sqlalchemy as sa
from alembic import op

from sokbo.storage.types import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PICTURES_TOGETHER = 1000


def upgrade() -> None:
    made = op.create_table(
        "picture_variants",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["pictures.source"]),
        sa.PrimaryKeyConstraint("name", "source"),
    )
    pictures = sa.table("pictures", sa.column("source", sa.Text), sa.column("variants", Json))
    connection, last = op.get_bind(), ""
    page = (
        sa.select(pictures).where(pictures.c.source > sa.bindparam("last")).order_by(pictures.c.source).limit(PICTURES_TOGETHER)
    )
    while found := connection.execute(page, {"last": last}).all():
        names = sorted({(variant["name"], row.source) for row in found for variant in row.variants})
        if names:
            connection.execute(made.insert(), [{"name": name, "source": source} for name, source in names])
        last = found[-1].source


def downgrade() -> None:
    op.drop_table("picture_variants")
