import signal
from pathlib import Path

import pytest

from sokbo.cli.children import LOG_CHECK_SECONDS, MAX_LOG_BYTES, Child, ChildSpec, PythonModule, describe_end, last_line, rotate


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


def test_large_log_is_moved_aside_and_its_writers_go_on_writing_to_it(tmp_path: Path) -> None:
    large, small = tmp_path / "large.log", tmp_path / "small.log"
    small.write_text("a line\n")
    with large.open("ab", buffering=0) as writer:
        writer.truncate(MAX_LOG_BYTES)
        writer.write(b"\nthe last line\n")
        rotate(large)
        rotate(small)
        writer.write(b"one more\n")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.log", "large.log.1", "small.log"]
    assert large.read_text() == "one more\n"
    assert last_line(tmp_path / "large.log.1") == "the last line"
    assert small.read_text() == "a line\n"


def test_log_is_looked_after_while_its_process_runs(child: Child) -> None:
    child.pid = 1234
    with child.log.open("wb") as file:
        file.truncate(MAX_LOG_BYTES + 1)

    child.look_after(now=100.0)

    assert child.log.stat().st_size == 0
    assert child.due_at == 100.0 + LOG_CHECK_SECONDS


def test_log_that_is_not_there_is_not_moved(tmp_path: Path) -> None:
    rotate(tmp_path / "none.log")

    assert list(tmp_path.iterdir()) == []
