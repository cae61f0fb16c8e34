import subprocess
import sys

from workers.runtime import UV_THREADS


def test_worker_whose_pump_has_broken_ends_so_that_another_takes_its_place() -> None:
    script = """
import asyncio, threading
from workers.runtime import run_pump

class Broken:
    async def run(self):
        raise OSError("no more files")

thread = threading.Thread(target=run_pump, args=(asyncio.new_event_loop(), Broken()))
thread.start()
thread.join()
print("still alive")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "no more files" in ended.stdout
    assert "still alive" not in ended.stdout


def test_many_names_can_be_looked_up_at_once() -> None:
    program = (
        "import psutil; from workers.runtime import new_loop\n"
        "loop = new_loop()\n"
        "loop.run_until_complete(loop.getaddrinfo('localhost', 80))\n"
        "print(psutil.Process().num_threads())"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert int(told.stdout) > int(UV_THREADS)
