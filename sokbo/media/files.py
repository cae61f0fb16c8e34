"""Uploaded images and what is made of them, as files named by the SHA-256 of what is in them.

A file is written aside and synced before it gets its name, and never changes after. So the same file written twice is one, any
number of machines may share the folder, and caches may keep what they got for ever.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
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
    def staging(self) -> Iterator[Path]:
        """A new folder to write drafts in, gone afterwards with all that wasn't kept."""
        drafts = self._folder / DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=drafts) as made:
            yield Path(made)

    def keep(self, draft: Path, media_type: str) -> tuple[str, int]:
        """Gives the draft its name and place, for good: its digest, and its length in bytes."""
        digest, length = _digest(draft), draft.stat().st_size
        self._place(draft, self.path(file_name(digest, media_type)))
        return digest, length

    def adopt(self, copy: Path) -> bool:
        """Puts a copy that bears a name of ours into its place; False if it isn't what its name says."""
        if _digest(copy) != copy.stem:
            return False
        self._place(copy, self.path(copy.name))
        return True

    def _place(self, draft: Path, place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        sync(self._folder)  # another may just have made that folder, and not have come so far
        if not place.exists():
            sync(draft)
            draft.rename(place)
        sync(place.parent)

    def path(self, name: str) -> Path:
        """Where the file of that name is or would be. Raises ValueError for what is no name of ours."""
        if not FILE_NAME.fullmatch(name):
            raise ValueError(f"no file of ours has such a name: {name!r}")
        return self._folder / name[:2] / name

    def names(self) -> Sequence[str]:
        """The names of all files that are kept."""
        return sorted(path.name for path in self._folder.glob("??/*") if FILE_NAME.fullmatch(path.name))

    def forget_abandoned(self) -> None:
        """Deletes drafts whose process must be dead."""
        with suppress(FileNotFoundError):
            for left in (self._folder / DRAFTS).iterdir():
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                        rmtree(left, ignore_errors=True)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
