"""Forks a process that is its own: signals, session, files and name; and that ends when the one that forked it does."""

import atexit
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import setproctitle

from sokbo.lifeline import end_with_parent

#: The signals that a supervisor handles, and that its children must meet as if it never had.
SUPERVISED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def fork(body: Callable[[], object], *, title: str, log: Path, keep: int = 2) -> int:
    """The pid of a child that runs `body` and ends, in a session of its own, with its output appended to `log`.

    Of the open files it keeps only `keep`. To be called by a process with a single thread. Raises OSError.
    """
    parent_pid = os.getpid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal between the fork and the child's clean-up would be told to the parent, through the pipe that they share.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED_SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            _live(body, parent_pid, title, output, keep)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(output)
    return pid


def _live(body: Callable[[], object], parent_pid: int, title: str, output: int, keep: int) -> NoReturn:
    """The child's whole life: it ends here, as an interpreter does, and never in the frames it inherited."""
    status = 1
    try:
        end_with_parent(parent_pid)
        _leave_the_parent(output, keep)
        setproctitle.setproctitle(title)
        body()
        status = 0
    except SystemExit as end:
        status = _exit_status(end.code)
    except BaseException:  # noqa: BLE001  # nobody is above: print it, as the interpreter would
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:  # also where the disk is full
            os._exit(status)


def _leave_the_parent(output: int, keep: int) -> None:
    os.setsid()  # away from the terminal, whose Ctrl-C is meant for the parent
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    most_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.closerange(3, keep)
    os.closerange(keep + 1, most_files)
    signal.set_wakeup_fd(-1)
    for number in SUPERVISED_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISED_SIGNALS)


def _exit_status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1
