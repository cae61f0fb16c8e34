"""What readers get depends on the articles alone: not on the database that keeps them, nor on the process that rendered them."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker, new_name
from tests.integration.workers.bureau import open_bureau
from tests.integration.workers.test_anew import Everything, everything, fill, modified


def published(maker: Maker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Everything, dict[str, datetime]]:
    """All documents of a site with articles of every kind, whose ids are the same each time."""
    ids = iter(range(1, 1000))
    monkeypatch.setattr("sokbo.domain.lifecycle.new_uuid", lambda: str(UUID(int=next(ids))))
    clock = Clock()
    database = Database(maker.create(new_name(), TEMPLATE), clock=clock)
    try:
        fields = {"name": "same", "title": "같은 신문", "base_url": "https://same.example"}
        with open_bureau(database, folder, site=fields) as bureau:
            fill(bureau, clock)
            return everything(bureau), modified(bureau)
    finally:
        database.close()


def test_both_databases_lead_to_the_same_bytes_and_times(
    sqlite: Maker, postgresql: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, times = published(sqlite, tmp_path, monkeypatch)
    assert {
        "feed.rss",
        "feed.atom",
        "feed.json",
        "",
        "tag/gone",
        "sitemap.xml",
        "news-sitemap.xml",
        "feeds.opml",
    } < documents.keys()
    assert published(postgresql, tmp_path, monkeypatch) == (documents, times)
