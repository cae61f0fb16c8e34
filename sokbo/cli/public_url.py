"""Where `sokbo up` serves, as a note in the data folder: the other commands don't know its port, nor it the one before."""

import os
from pathlib import Path

from sokbo.settings import PUBLIC_URL_FILE


def noted_url(data: Path) -> str:
    """The public URL of the `sokbo up` that runs on the folder, or ran last; "" if none has."""
    try:
        return (data / PUBLIC_URL_FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def note_url(data: Path, url: str) -> None:
    """Notes the public URL, at once and wholly."""
    draft = data / f".{PUBLIC_URL_FILE}-{os.getpid()}"
    draft.write_text(f"{url}\n", "utf-8")
    draft.replace(data / PUBLIC_URL_FILE)
