import pytest

from tests.databases import Maker, new_name

from .conftest import Terminal


def test_migration_says_from_where_to_where(fresh_terminal: Terminal) -> None:
    (line,) = fresh_terminal.lines("migrate")
    before, _, after = line.partition(" -> ")
    assert (before, len(after)) == ("nothing", 4)
    assert fresh_terminal.lines("migrate") == [f"The schema is at {after} already."]


def test_database_that_cannot_be_reached_is_one_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_DATABASE_URL", "postgresql://127.0.0.1:1/sokbo")

    assert terminal.refusal("migrate").startswith("Error: the database can't be used right now: ")
    assert terminal.refusal("site", "list").startswith("Error: the database can't be used right now: ")


@pytest.mark.parametrize("command", [("migrate",), ("site", "list"), ("check",)])
def test_file_that_is_no_database_is_one_line(fresh_terminal: Terminal, command: tuple[str, ...]) -> None:
    fresh_terminal.data.mkdir(exist_ok=True)
    (fresh_terminal.data / "sokbo.db").write_text("something else\n" * 1000)
    assert fresh_terminal.refusal(*command) == "Error: the database can't be used right now: file is not a database"


def test_other_commands_leave_the_schema_of_a_database_that_is_not_embedded(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, postgresql: Maker
) -> None:
    monkeypatch.setenv("SOKBO_DATABASE_URL", postgresql.create(new_name()))

    assert terminal.refusal("site", "list") == "Error: the database's schema is not up to date: run `sokbo migrate`"
    terminal.lines("migrate")
    assert terminal.lines("site", "list") == []
