"""Archives are kept in JSON Feed, too: existing sites get the documents, and their JSON feed leads to them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: Articles in the archive's documents.
DOCUMENT_ARTICLES = 100


def upgrade() -> None:
    _want("archive", f"month || '/' || (ordinal / {DOCUMENT_ARTICLES} + 1)")
    _want("site", "''")


def _want(kind: str, key: str) -> None:
    """For every site that has an archive."""
    op.execute(f"""
        INSERT INTO assemblies (site_id, kind, key, anew, due_at)
        SELECT DISTINCT site_id, '{kind}', {key}, false, CURRENT_TIMESTAMP FROM archive_entries WHERE true ON CONFLICT DO NOTHING
    """)  # noqa: S608 - our own words only


def downgrade() -> None:
    op.execute("DELETE FROM documents WHERE path LIKE 'feed/%.json'")
