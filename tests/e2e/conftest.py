"""A running system for tests that need the whole."""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest

from tests.publisher import Publisher
from tests.system import System, up


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One `sokbo up` for all the tests here: each takes a site of its own."""
    with up(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture
def publisher(system: System) -> Publisher:
    return system.publisher()


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
