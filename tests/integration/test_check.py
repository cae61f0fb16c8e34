"""`sokbo check` on a real database, with a broker that is there and one that isn't."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest
from click.testing import CliRunner, Result

from sokbo import broker_process
from sokbo.cli import main
from sokbo.domain.article import Content, Draft
from sokbo.domain.ids import SiteId
from sokbo.domain.lifecycle import create
from sokbo.domain.site import Site
from sokbo.settings import Settings
from sokbo.storage import Database
from sokbo.storage.changes import write_change
from tests.databases import make_ready
from tests.waiting import eventually


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    return settings


def test_database_without_a_schema_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sokbo.db").touch()
    result = CliRunner().invoke(main, ["check", "--data", str(tmp_path)])
    assert (result.exit_code, result.output) == (1, "Error: the database can't be used right now: it has no schema yet\n")


@pytest.fixture
def broker(settings: Settings) -> Iterator[None]:
    settings.broker_socket.parent.mkdir(mode=0o700, exist_ok=True)
    arguments = broker_process.server_arguments(settings.broker_socket.parent, settings.broker_socket)
    with Popen([broker_process.find_server(), *arguments]) as server:
        eventually(lambda: broker_process.answers(settings.broker_socket))
        yield
        server.terminate()


def check(settings: Settings, *options: str) -> Result:
    return CliRunner().invoke(main, ["check", "--data", str(settings.data), *options])


def post_an_article(settings: Settings, *, seconds_ago: float) -> None:
    """An article that no worker has been at, in the default queue."""
    database = Database(settings.resolved_database_url, clock=lambda: datetime.now(UTC) - timedelta(seconds=seconds_ago))
    with database.write() as uow:
        site = uow.sites.add(Site(SiteId(0), "news", "News", "https://news.example", uow.now))
        draft = Draft(Content("Title", "<p>Text</p>", "Text", "Text"))
        write_change(uow, create(site.id, 1, draft, uow.now), actor="test", request_id="req_test")
        uow.commit()
    database.close()


@pytest.mark.usefixtures("broker")
def test_idle_system_is_well(settings: Settings) -> None:
    result = check(settings)

    assert (result.exit_code, result.output) == (0, "ok\n")


@pytest.mark.usefixtures("broker")
def test_event_that_waits_too_long_is_told_for_its_queue_only(settings: Settings) -> None:
    post_an_article(settings, seconds_ago=40)

    assert check(settings, "--lane", "default").output.startswith("Error: queue default: 1 waiting, the oldest for 4")
    assert check(settings, "--lane", "default").exit_code == 1
    assert check(settings, "--lane", "breaking").exit_code == 0
    assert check(settings, "--max-age", "600").exit_code == 0


def test_silent_broker_is_told(settings: Settings) -> None:
    result = check(settings)

    assert (result.exit_code, result.output) == (1, "Error: the broker doesn't answer\n")


def test_missing_database_is_told_and_not_made(tmp_path: Path) -> None:
    result = check(Settings(data=tmp_path))

    assert (result.exit_code, result.output) == (
        1,
        f"Error: there is no Sokbo in {tmp_path}: start `sokbo up` there once, or say where with --data\n",
    )
    assert not list(tmp_path.iterdir())
