import signal
from pathlib import Path

import pytest

from sokbo.cli.children import MAX_LOG_BYTES, Child, ChildSpec, PythonModule, describe_end, last_line, rotate


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child(ChildSpec("beat", PythonModule("workers", ("beat",)), stop_order=1), tmp_path / "beat.log")


def test_backoff_doubles_from_a_tenth_of_a_second_to_five(child: Child) -> None:
    waits = []
    for _ in range(8):
        waits.append(child.note_death(now=child.start_at))
        child.started_at = child.start_at

    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_backoff_starts_anew_after_ten_seconds_of_life(child: Child) -> None:
    for _ in range(4):
        child.note_death(now=1.0)
    assert child.in_crash_loop
    child.started_at = 2.0

    assert child.note_death(now=12.0) == 0.1
    assert not child.in_crash_loop


def test_dead_child_has_no_process_and_a_time_to_start(child: Child) -> None:
    child.pid = 1234

    child.note_death(now=100.0)

    assert child.pid is None
    assert child.start_at == pytest.approx(100.1)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with exit code 0"),
        (3 << 8, "ended with exit code 3"),
        (signal.SIGKILL, "was killed by SIGKILL"),
        (40, "was killed by signal 40"),
    ],
)
def test_end_is_told_in_words(status: int, words: str) -> None:
    assert describe_end(status) == words


def test_last_line_is_the_last_that_says_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 10_000 + "\nfirst\n속보\n\n  \n")

    assert last_line(log) == "속보"


def test_log_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert last_line(tmp_path / "none") == ""


def test_large_log_is_moved_aside_and_a_small_one_is_kept(tmp_path: Path) -> None:
    large, small = tmp_path / "large.log", tmp_path / "small.log"
    with large.open("wb") as file:
        file.truncate(MAX_LOG_BYTES + 1)
    small.write_text("a line\n")

    rotate(large)
    rotate(small)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.log.1", "small.log"]
