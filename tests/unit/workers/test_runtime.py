import subprocess
import sys


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
