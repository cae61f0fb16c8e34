"""A database in a file, for what the service does with one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sokbo.storage import Database
from tests.databases import make_ready


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/sokbo.db"
    make_ready(url)
    database = Database(url)
    yield database
    database.close()
