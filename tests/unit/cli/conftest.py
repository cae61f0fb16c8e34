"""The commands, run on a data folder of the test's own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sokbo.cli import main
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs commands with `--data` and looks at what they left behind."""

    data: Path
    database: Database

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--data", str(self.data)])

    def lines(self, *arguments: str) -> list[str]:
        """What a command that succeeds says on stdout."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    def refusal(self, *arguments: str) -> str:
        """The one line of a command that is refused."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        [line] = result.stderr.splitlines()
        return line

    def audit(self) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data / "sokbo.db")) as connection:
            return connection.execute("SELECT actor, action, subject FROM audit ORDER BY id").fetchall()


@pytest.fixture
def fresh_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """On a data folder that isn't there."""
    for name in ("SOKBO_DATABASE_URL", "SOKBO_PUBLIC_URL", "SOKBO_CALLBACK_ALLOW", "SOKBO_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "data"
    database = Database(Settings(data=data).resolved_database_url)
    yield Terminal(data, database)
    database.close()


@pytest.fixture
def terminal(fresh_terminal: Terminal) -> Terminal:
    """On a data folder that `sokbo up` has made, without a site."""
    fresh_terminal.data.mkdir(mode=0o700)
    make_ready(Settings(data=fresh_terminal.data).resolved_database_url)
    return fresh_terminal
