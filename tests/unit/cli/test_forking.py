import os
import subprocess
import sys


def test_child_that_can_not_write_its_last_words_ends_all_the_same() -> None:
    """And not in the frames that it has from its parent, where there would be two of everything."""
    script = """
import os, sys
from pathlib import Path
from sokbo.cli.forking import fork
pid = fork(lambda: sys.stdout.write("words"), title="child", log=Path("/dev/full"))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=buffered)
    assert ended.stdout == "0\n"
