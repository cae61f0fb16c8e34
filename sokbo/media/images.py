"""What is done with images, each time in a process of its own, with limits: whatever a hostile file does to the decoder, it
does it there, where there is no key, no database and soon no process any more."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog

#: By the clock; a busy machine needs more of it than the process may have of the processor (see `imaging`).
TIMEOUT_SECONDS = 60.0
#: Of our environment, all that such a process needs and may see.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
_MAX_COMPLAINT_BYTES = 1000

log = structlog.get_logger()


class Undecodable(Exception):
    """The file is no image that is taken; `rule` says why, as a sentence for whoever sent it."""

    def __init__(self, rule: str):
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Made:
    """An image that was written to `file`: its media type, its size in pixels, and whether it moves."""

    file: Path
    type: str
    width: int
    height: int
    animated: bool


def clean(source: Path, folder: Path, max_pixels: int) -> Made:
    """The image written anew into `folder`: upright, in sRGB, with nothing in it but its pixels.

    Raises Undecodable unless it is a JPEG, PNG, WebP or GIF file that can be decoded to its end within the limits.
    """
    [made] = _run("clean", source, folder, [str(max_pixels)])
    return made


def resize(source: Path, folder: Path, widths: Sequence[int]) -> Sequence[Made]:
    """The image in each width that is less than its own, as WebP and as JPEG, narrowest first. Raises Undecodable."""
    return _run("resize", source, folder, [str(width) for width in widths])


def _run(operation: str, source: Path, folder: Path, arguments: Sequence[str]) -> list[Made]:
    command = [sys.executable, "-m", "sokbo.media.imaging", operation, str(source), str(folder), *arguments]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  # our own module; the file's content is the only thing of a stranger's
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Undecodable("must not take so long to decode") from error
    if done.returncode != 0:
        complaint = done.stderr[-_MAX_COMPLAINT_BYTES:].decode(errors="replace")
        log.warning("image_process_died", status=done.returncode, said=complaint)
        raise Undecodable("must be an image that can be decoded within the limits")
    said: dict[str, Any] = orjson.loads(done.stdout)
    if "refused" in said:
        raise Undecodable(said["refused"])
    return [Made(**{**item, "file": folder / item["file"]}) for item in said["made"]]
