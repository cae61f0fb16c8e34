"""Sitemaps lie directly below their site, since they may list nothing above their own directory: existing sites get them anew."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

#: Articles in a sitemap.
SITEMAP_ARTICLES = 500


def upgrade() -> None:
    op.execute("DELETE FROM documents WHERE path LIKE 'sitemap/%'")
    _want()


def downgrade() -> None:
    op.execute("DELETE FROM documents WHERE path LIKE 'sitemap-%'")
    _want()


def _want() -> None:
    """The sitemaps of articles and of pages, and their index, wherever a site has been given any."""
    part = f"month || '/' || (ordinal / {SITEMAP_ARTICLES} + 1)"
    _want_from("archive_entries", f"DISTINCT site_id, 'sitemap', {part}")
    for kind in ("sitemap-index", "feeds"):
        _want_from("sites", f"id, '{kind}', ''")


def _want_from(table: str, wanted: str) -> None:
    op.execute(f"""
        INSERT INTO assemblies (site_id, kind, key, anew, due_at)
        SELECT {wanted}, false, CURRENT_TIMESTAMP FROM {table} WHERE true ON CONFLICT DO NOTHING
    """)  # noqa: S608 - our own words only
