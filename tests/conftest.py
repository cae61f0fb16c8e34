"""What all tests share: both databases, a clock, and a running system of its own for tests that need the whole."""

from collections.abc import Iterator

import pytest

from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker, SqliteFiles, new_name, postgresql_server, with_template


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return with_template(SqliteFiles(tmp_path_factory.mktemp("sqlite")))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    with postgresql_server(tmp_path_factory.mktemp("pg")) as server:
        yield with_template(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Maker:
    """Makes databases of each kind in turn."""
    maker: Maker = request.getfixturevalue(request.param)
    return maker


@pytest.fixture
def database_url(databases: Maker) -> str:
    """A database of the test's own with the schema in it."""
    return databases.create(new_name(), TEMPLATE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    opened = Database(database_url, clock=clock)
    yield opened
    opened.close()
