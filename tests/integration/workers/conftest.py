import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker
from tests.integration.workers.bureau import Bureau, bureau_of, open_bureau
from tests.newsroom import Newsroom

#: A database with a site whose first documents are made: it takes longer to make them than most tests do.
SWEPT = "template_swept"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def databases(request: pytest.FixtureRequest) -> Maker:
    """Of both kinds where all is tested: what differs between them is the storage's, whose own tests always run over both."""
    maker: Maker = request.getfixturevalue(request.param)
    return maker


@pytest.fixture
def database_url(databases: Maker) -> Iterator[str]:
    """A database of the test's own with one site in it."""
    _make_swept(databases)
    with databases.lend(SWEPT) as url:
        yield url


@cache
def _make_swept(maker: Maker) -> None:
    database = Database(maker.create(SWEPT, TEMPLATE), clock=Clock())
    with tempfile.TemporaryDirectory() as folder, open_bureau(database, Path(folder)) as bureau:
        bureau.sweep()
    database.close()


@pytest.fixture
def feed_entries() -> int:
    """How many articles a feed has at most; files whose tests fill feeds say fewer."""
    return 50


@pytest.fixture
def bureau(database: Database, tmp_path: Path, feed_entries: int) -> Iterator[Bureau]:
    """A new site is rendered once, which would hide what the tests' own turns leave out: this one's was."""
    with bureau_of(Newsroom.found(database), tmp_path, feed_entries=feed_entries) as opened:
        yield opened
