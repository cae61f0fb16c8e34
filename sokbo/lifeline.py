"""No process outlives its parent, not even one whose parent was killed with -9 and could tell nobody; nor the time that it has to
end."""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.5
#: How long after a process's time to end it is ended by force.
END_MARGIN_SECONDS = 2.0


def end_with_parent(parent_pid: int | None = None) -> None:
    """From now on this process is killed when its parent dies. Survives exec; a fork must call it again.

    `parent_pid`, taken before the fork, lets it notice a parent that died before this call. It is SIGKILL and not a drain,
    because what comes next is a new start that wants the port and the lock at once, and whatever is under way is leased
    in the database and taken up again. On Linux the kernel does it, when the parent's forking *thread* ends.

    Raises OSError if the kernel refuses.
    """
    expected = os.getppid() if parent_pid is None else parent_pid
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
    else:
        threading.Thread(target=_watch, args=(expected,), name="lifeline", daemon=True).start()
    _end_without(expected)


def end_within(seconds: float) -> None:
    """Ends the process by force after so many seconds, if it hasn't ended by then: a thread that waits for a database or a broker
    that hangs can't be stopped, and Python would wait for it. Returns at once."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def _watch(parent_pid: int) -> None:
    while True:
        _end_without(parent_pid)
        time.sleep(POLL_SECONDS)


def _end_without(parent_pid: int) -> None:
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGKILL)
