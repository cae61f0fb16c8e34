"""What must be so before anything starts: a data folder of our own, a port that is free, a place for the broker's socket."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sokbo.cli.public_url import noted_url
from sokbo.errors import StartupError
from sokbo.net.listening import listen
from sokbo.settings import LOCK_FILE, UNFINISHED_RESTORE

OWNER_ONLY = 0o700
MAX_LOCK_BYTES = 100
#: Who may hold a data folder.
UP = "sokbo up"
RESTORE = "sokbo restore"


@contextmanager
def claimed(data: Path, holder: str) -> Iterator[None]:
    """Holds the data folder, made if it isn't there, for this process alone; its lock file names the pid and the holder.

    Raises StartupError when another process holds it or it can't be made.
    """
    private_folder(data)
    try:
        lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartupError(f"can't write to {data}: {error.strerror}") from error
    try:
        _lock_or_refuse(lock, data)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()} {holder}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def check_restored(data: Path) -> None:
    """Raises StartupError when a restore of the folder was cut short: what it was to hold may not be there yet."""
    if any(path.name.startswith(UNFINISHED_RESTORE) for path in data.iterdir()):
        raise StartupError(f"a restore of {data} was cut short: run `sokbo restore FILE --force` again")


def _lock_or_refuse(lock: int, data: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid, _, holder = os.read(lock, MAX_LOCK_BYTES).decode("ascii", "replace").strip().partition(" ")
        url = noted_url(data)
        where = f" at {url}" if holder == UP and url else ""
        raise StartupError(f"{data} is in use by `{holder or UP}` (pid {pid or 'unknown'}){where}") from error
    except OSError as error:
        raise StartupError(f"can't lock {data}: {error.strerror}") from error


def private_folder(path: Path) -> None:
    """Makes `path` a folder that is ours and closed to everybody else.

    Raises StartupError when it can't be, or when it is another user's: in a shared /tmp anyone may have put it there.
    """
    try:
        path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        if path.lstat().st_uid != os.geteuid():
            raise StartupError(f"{path} belongs to another user")
        path.chmod(OWNER_ONLY)
    except OSError as error:
        raise StartupError(f"can't use {path} as a folder: {error.strerror}") from error


def free_port(host: str, port: int) -> int:
    """`port`, or one that the system picks if it is 0, after seeing that the service can listen there.

    Raises StartupError when it can't.
    """
    try:
        with listen(host, port) as probe:
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise StartupError(f"can't listen on {host}: no such address") from error
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0)
        raise StartupError(f"can't listen on {host} port {port}: {reason}") from error
