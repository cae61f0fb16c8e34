"""The clock that chaos sets off is the wall clock alone, for processes that run already."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.clock import Clock

SCRIPT = """
import datetime, sys, time
for line in sys.stdin:
    now = datetime.datetime.now(datetime.UTC).timestamp()
    print(time.time(), now, time.monotonic(), flush=True)
"""


def test_clock_is_stepped_for_a_running_process_and_time_passes_as_before(tmp_path: Path) -> None:
    clock = Clock.make(tmp_path)
    if clock.library is None:
        pytest.skip("there is no C compiler")
    environment = os.environ | clock.environment
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def read() -> list[float]:
            process.stdin.write("now\n")  # type: ignore[union-attr]  # it is a pipe
            process.stdin.flush()  # type: ignore[union-attr]
            return [float(word) for word in process.stdout.readline().split()]  # type: ignore[union-attr]

        before = read()
        clock.set_off(3.0)
        ahead = read()
        clock.set_off(0.0)
        after = read()
        process.stdin.close()
    for wall in (0, 1):
        assert ahead[wall] - before[wall] == pytest.approx(3 * 3600, abs=60)
        assert after[wall] - before[wall] == pytest.approx(0, abs=60)
    assert before[2] <= ahead[2] <= after[2] < before[2] + 60
