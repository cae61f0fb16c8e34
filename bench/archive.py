"""Fills a site with copies of its first article, each an hour older than the one before, as if they had long been published."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sokbo.domain.archive import DOCUMENT_ARTICLES

#: What a copy has in place of the original's: its id, its number, and its time.
_ID = "substr(first.id, 1, 24) || printf('%012x', copy)"
_TIME = "strftime('%Y-%m-%d %H:%M:%f000', first.published_at, '-' || copy || ' hours')"

_STATEMENTS = (
    "CREATE TEMP TABLE copies AS WITH RECURSIVE n(copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM n WHERE copy < ?)"
    " SELECT copy FROM n",
    "CREATE TEMP TABLE first AS SELECT * FROM articles WHERE number = 1",
    f"INSERT INTO articles SELECT {_ID}, site_id, number + copy, slug, revision, state, external_id, {_TIME}, {_TIME}, {_TIME},"
    " breaking_until FROM first, copies",
    f"INSERT INTO revisions SELECT {_ID}, revisions.revision, revisions.slug, content, {_TIME}, request_id"
    " FROM first, copies, revisions WHERE revisions.article_id = first.id",
    f"INSERT INTO listing_articles SELECT listing_articles.site_id, kind, key, {_ID}, first.number + copy, {_TIME}"
    " FROM first, copies, listing_articles WHERE listing_articles.article_id = first.id",
    f"INSERT INTO renderings SELECT {_ID}, {_TIME}, fragments FROM first, copies, renderings"
    " WHERE renderings.article_id = first.id",
    "INSERT INTO archive_entries (site_id, month, ordinal, article_id, number, slug, title, language, published_at, modified_at,"
    f" withdrawn, document) SELECT site_id, strftime('%Y-%m', {_TIME}),"
    f" row_number() OVER (PARTITION BY strftime('%Y-%m', {_TIME}) ORDER BY copy DESC),"
    f" {_ID}, number + copy, slug, title, language, {_TIME}, {_TIME}, false, 0"
    " FROM (SELECT first.*, title, language FROM first JOIN archive_entries ON article_id = first.id) AS first, copies",
    f"UPDATE archive_entries SET document = ordinal / {DOCUMENT_ARTICLES} + 2 WHERE document = 0",
    "DELETE FROM archive_documents",  # the first article's is closed, too: a month has one that is open
    "INSERT INTO archive_documents SELECT site_id, month, document, row_number() OVER (ORDER BY month, document)"
    " FROM (SELECT DISTINCT site_id, month, document FROM archive_entries)",
    "UPDATE site_counters SET number = (SELECT max(number) FROM articles)",
)


def fill(database: Path, copies: int) -> None:
    """Adds so many copies: articles, revisions, places in lists and in the archive, renderings; they share their fragments."""
    if not copies:
        return
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _STATEMENTS:
            connection.execute(statement, (copies,) if "?" in statement else ())
        connection.execute("COMMIT")
