from collections.abc import Iterator
from pathlib import Path

import pytest

from sokbo.storage import Database
from tests.integration.workers.bureau import Bureau, open_bureau


@pytest.fixture
def bureau(database: Database, tmp_path: Path) -> Iterator[Bureau]:
    with open_bureau(database, tmp_path) as opened:
        opened.sweep()  # a new site is rendered once, which would hide what the tests' own turns leave out
        yield opened
