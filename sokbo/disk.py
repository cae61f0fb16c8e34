"""What is written outlives a power cut, where there is room for it."""

import os
import shutil
from pathlib import Path

#: What is less than this is no room: the database and a log need more to go on.
LEAST_FREE_BYTES = 1024 * 1024


def is_full(folder: Path) -> bool:
    """True if there is no room on the disk that holds the folder; False if that can't be said."""
    try:
        return shutil.disk_usage(folder).free < LEAST_FREE_BYTES
    except OSError:
        return False


def sync(path: Path) -> None:
    """Waits until a file's content, or a folder's names, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
