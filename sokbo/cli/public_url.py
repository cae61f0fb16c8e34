"""Where `sokbo up` serves, as a note in the data folder: the other commands don't know its port, nor it the one before."""

import os
from pathlib import Path

FILE_NAME = "public-url"


def noted_url(data: Path) -> str:
    """The public URL of the `sokbo up` that runs on the folder, or ran last; "" if none has."""
    try:
        return (data / FILE_NAME).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def note_url(data: Path, url: str) -> None:
    """Notes the public URL, at once and wholly."""
    draft = data / f".{FILE_NAME}-{os.getpid()}"
    draft.write_text(f"{url}\n", "utf-8")
    draft.replace(data / FILE_NAME)
