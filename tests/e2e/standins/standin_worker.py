"""Stands in for a Celery worker: forks a pool child that holds on to life, and drains on SIGTERM if told to.

Says by a file that it has come so far.
"""

import os
import signal
import sys
from types import FrameType

from sokbo.lifeline import end_with_parent
from sokbo.settings import Settings


def main(name: str, *, obeys: bool) -> None:
    data = Settings().data
    parent_pid = os.getpid()
    pool_child = os.fork()
    if pool_child == 0:
        end_with_parent(parent_pid)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()

    def drain(_number: int, _frame: FrameType | None) -> None:
        if obeys:
            os.kill(pool_child, signal.SIGKILL)
            (data / f"{name}.drained").touch()
            sys.exit(0)

    signal.signal(signal.SIGTERM, drain)
    (data / f"{name}.began").touch()
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], obeys="stubborn" not in sys.argv)
