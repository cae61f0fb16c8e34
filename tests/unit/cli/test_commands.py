import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sokbo.cli import COMMANDS, main


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.output


def test_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(main, ["nothing"]).exit_code == 2


def test_what_keeps_a_command_from_starting_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    result = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "data" / "below"), "--port", "0"])

    assert result.exit_code == 1
    assert result.output == f"Error: can't use {tmp_path}/data/below as a folder: Not a directory\n"


def test_broken_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_FEED_ENTRIES", "none")

    result = CliRunner().invoke(main, ["up"])

    assert result.exit_code == 1
    assert result.output.startswith("Error: SOKBO_FEED_ENTRIES: ")
    assert result.output.count("\n") == 1


def test_help_loads_no_command() -> None:
    script = "import sys, sokbo.cli; print([name for name in ('pydantic', 'sqlalchemy', 'celery') if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"


def test_module_is_the_command_too() -> None:
    said = subprocess.run([sys.executable, "-m", "sokbo", "--version"], capture_output=True, text=True, check=True)

    assert said.stdout.startswith("sokbo, version ")
