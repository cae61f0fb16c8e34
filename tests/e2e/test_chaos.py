"""`python -m chaos` in small: a short run on each database keeps every promise, and says what it measured."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 240.0


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_that_was_accepted_is_lost_under_fire(database: str) -> None:
    command = [sys.executable, "-m", "chaos", "--articles", "60", "--seconds", "8", "--first-seed", "3", "--database", database]
    command += ["--most-duplicates", "0.2"]  # four kills among so few pushes: each may repeat what was on its way to a partner

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS)

    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert done.stderr == ""
    assert "1 of 1 runs kept every promise." in done.stdout
