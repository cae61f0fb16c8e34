"""A process that hangs is ended, and says where it was."""

import signal
import subprocess
import sys

HANGING = """
import re
from workers.watchdog import limited, stand_by

stand_by()
with limited(30):
    print("in time", flush=True)

def loop():
    re.match(r"(a|aa)+$", "a" * 64 + "b")  # holds the interpreter's lock for ever

with limited(1):
    loop()
"""


def test_whoever_hangs_is_ended_and_says_where() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=20, check=False)
    assert ended.stdout == "in time\n"
    assert ended.returncode == -signal.SIGALRM
    assert "in loop" in ended.stderr
