"""What all tests share: both databases, a clock, a partner who listens."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker, SqliteFiles, postgresql_server, with_template
from tests.receiver import Receiver, receiving

#: Linux's folder whose files lie in memory, used if so much is free.
MEMORY_FOLDER = Path("/dev/shm")
LEAST_FREE_BYTES = 4 * 1024**3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run the tests that are marked as thorough, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_configure() -> None:
    _keep_files_in_memory()
    _log_plain_tracebacks()
    # How long an example takes says more of what else the machine does.
    hypothesis.settings.register_profile("unhurried", deadline=None)
    hypothesis.settings.load_profile("unhurried")


def _keep_files_in_memory() -> None:
    """Nothing here needs to outlive a loss of power."""
    if "TMPDIR" not in os.environ and MEMORY_FOLDER.is_dir() and shutil.disk_usage(MEMORY_FOLDER).free > LEAST_FREE_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY_FOLDER)


def _log_plain_tracebacks() -> None:
    """Those with all that their frames hold take longer to write than some tests may wait."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure([structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, renderer])


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
def database_url(databases: Maker) -> Iterator[str]:
    """A database of the test's own with the schema in it."""
    with databases.lend(TEMPLATE) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    opened = Database(database_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening
