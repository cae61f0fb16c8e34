import subprocess
import sys

COUNT_THREADS = """
import os
from sokbo.cli.preload import MODULES, load
load(MODULES)
print(len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1)
"""


def test_preloading_leaves_one_thread_so_that_forking_is_safe() -> None:
    counted = subprocess.run([sys.executable, "-c", COUNT_THREADS], capture_output=True, text=True, check=True)

    assert counted.stdout == "1\n"
