"""Archive documents are closed, and stand in a chain in that order. Those that exist are all closed, as their months follow."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

#: Articles in an archive document, until now.
DOCUMENT_ARTICLES = 100


def upgrade() -> None:
    op.create_table(
        "archive_documents",
        sa.Column("site_id", sa.Integer, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("month", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer),
        sa.PrimaryKeyConstraint("site_id", "month", "number"),
    )
    op.create_index("archive_documents_chain", "archive_documents", ["site_id", "position"], unique=True)
    with op.batch_alter_table("archive_entries") as table:
        table.add_column(sa.Column("document", sa.Integer, nullable=False, server_default="0"))
    op.execute(f"UPDATE archive_entries SET document = ordinal / {DOCUMENT_ARTICLES} + 1")  # noqa: S608 - our own words only
    with op.batch_alter_table("archive_entries") as table:
        table.alter_column("document", server_default=None)
    op.create_index("archive_entries_document", "archive_entries", ["site_id", "month", "document"])
    op.execute("""
        INSERT INTO archive_documents (site_id, month, number, position)
        SELECT site_id, month, document, row_number() OVER (PARTITION BY site_id ORDER BY month, document)
        FROM (SELECT DISTINCT site_id, month, document FROM archive_entries) AS parts
    """)


def downgrade() -> None:
    """The documents are made again, of as many articles each as they had."""
    part = f"month || '/' || (ordinal / {DOCUMENT_ARTICLES} + 1)"
    op.execute("DELETE FROM documents WHERE path LIKE 'feed/%'")
    op.execute("DELETE FROM assemblies WHERE kind IN ('archive', 'archive-closing')")
    op.execute(f"""
        UPDATE site_versions SET archive = (
            SELECT {part} FROM archive_entries
            WHERE archive_entries.site_id = site_versions.site_id ORDER BY month DESC, ordinal DESC LIMIT 1
        )
    """)  # noqa: S608 - our own words only
    for kind, key in (("archive", part), ("site", "''")):
        op.execute(f"""
            INSERT INTO assemblies (site_id, kind, key, anew, due_at)
            SELECT DISTINCT site_id, '{kind}', {key}, false, CURRENT_TIMESTAMP FROM archive_entries
            WHERE true ON CONFLICT DO NOTHING
        """)  # noqa: S608 - our own words only
    op.drop_index("archive_entries_document", "archive_entries")
    with op.batch_alter_table("archive_entries") as table:
        table.drop_column("document")
    op.drop_table("archive_documents")
