"""What all tests share: both databases, a clock, and a running system of its own for tests that need the whole."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest
import structlog

from sokbo.storage import Database
from tests.clock import Clock
from tests.databases import TEMPLATE, Maker, SqliteFiles, postgresql_server, with_template
from tests.publisher import Publisher
from tests.receiver import Receiver, receiving
from tests.system import System, up

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


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One `sokbo up` for all tests that need a running system: each takes a site of its own."""
    with up(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture
def publisher(system: System) -> Publisher:
    return system.publisher()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


LOG_SIZES: pytest.StashKey[Mapping[Path, int]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attaches what the processes have logged during a test that failed."""
    running = getattr(item, "funcargs", {}).get("system")
    if isinstance(running, System) and call.when == "setup":
        item.stash[LOG_SIZES] = running.log_sizes()
    report = yield
    if isinstance(running, System) and report.failed:
        for log in running.log_sizes():
            with log.open() as file:
                file.seek(item.stash[LOG_SIZES].get(log, 0))
                report.sections.append((log.name, file.read()))
    return report
