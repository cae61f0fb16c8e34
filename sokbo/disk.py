"""Makes what is written outlive a power cut."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Waits until a file's content, or a folder's names, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
