import pytest

from .conftest import Terminal


@pytest.mark.parametrize(
    "command",
    [
        ("site", "list"),
        ("site", "create", "daily"),
        ("key", "list", "--site", "daily"),
        ("partner", "list", "--site", "daily"),
        ("rebuild",),
        ("check",),
        ("backup", "file"),
    ],
)
def test_folder_without_sokbo_is_refused_and_left_alone(fresh_terminal: Terminal, command: tuple[str, ...]) -> None:
    line = fresh_terminal.refusal(*command)

    where = fresh_terminal.data
    assert line == f"Error: there is no Sokbo in {where}: start `sokbo up` there once, or say where with --data"
    assert not where.exists()
