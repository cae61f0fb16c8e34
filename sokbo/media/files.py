"""Uploaded images and what is made of them, as files named by the SHA-256 of what is in them.

A file is written aside and synced before it gets its name, and never changes after. So the same file written twice is one, any
number of machines may share the folder, and caches may keep what they got for ever.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from sokbo.disk import sync
from sokbo.domain.picture import FILE_NAME, file_name

#: Where files are written aside: in the same folder, so that they can be renamed.
DRAFTS = "drafts"
#: What is left of a process that died; no upload takes so long.
ABANDONED_SECONDS = 3600


class MediaFiles:
    """The folder, made when it is first written to. Its methods wait for the disk, and raise OSError."""

    def __init__(self, folder: Path):
        self._folder = folder

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """A new folder to write drafts in, gone afterwards with all that wasn't kept."""
        drafts = self._folder / DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=drafts) as made:
            yield Path(made)

    def keep(self, draft: Path, media_type: str) -> tuple[str, int]:
        """Gives the draft its name and place, for good: its digest, and its length in bytes."""
        with draft.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        length = draft.stat().st_size
        place = self.path(file_name(digest, media_type))
        if not place.parent.exists():
            place.parent.mkdir(exist_ok=True)
            sync(self._folder)
        if not place.exists():
            sync(draft)
            draft.rename(place)
        sync(place.parent)
        return digest, length

    def path(self, name: str) -> Path:
        """Where the file of that name is or would be. Raises ValueError for what is no name of ours."""
        if not FILE_NAME.fullmatch(name):
            raise ValueError(f"no file of ours has such a name: {name!r}")
        return self._folder / name[:2] / name

    def forget_abandoned(self) -> None:
        """Deletes drafts whose process must be dead."""
        with suppress(FileNotFoundError):
            for left in (self._folder / DRAFTS).iterdir():
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                        rmtree(left, ignore_errors=True)
