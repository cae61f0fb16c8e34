"""Pictures: what is known of the images that articles show.

Ours are named by the SHA-256 of their bytes and never change; others' are named by their URLs, and are measured once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from sokbo.domain.ids import MediaId, SiteId

#: What can be uploaded, with the end of its file's name.
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
#: A file's name: the digest of its content, and what kind it is.
FILE_NAME = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(SUFFIXES.values())})")
#: In pixels, for those that are wider. A phone's column, a card, a page.
VARIANT_WIDTHS = (320, 640, 1280)


class PictureState(StrEnum):
    """waiting -> ready | failed: ours waits for its variants, another's to be measured."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Size:
    """In pixels."""

    width: int
    height: int


#: Files of ours by their names, with their sizes as far as they are known.
Files: TypeAlias = Mapping[str, Size | None]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of our files: its name, media type, size in pixels and length in bytes."""

    name: str
    type: str
    width: int
    height: int
    length: int

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Picture:
    """`source` is a digest (ours) or a URL (another's). What isn't known is None: all of it of another's that waits, and width
    and height where the format is one that we don't read. `length` is in bytes. `variants` are narrower, and in order."""

    source: str
    state: PictureState = PictureState.WAITING
    type: str | None = None
    width: int | None = None
    height: int | None = None
    length: int | None = None
    variants: tuple[Variant, ...] = ()

    @property
    def is_ours(self) -> bool:
        return "/" not in self.source

    @property
    def is_dead(self) -> bool:
        """True if it has been measured in vain: it is nowhere, or no image. One of which no more than the type is known, as its
        format is one that we don't read, is there; and so is ours without its variants."""
        return self.state is PictureState.FAILED and self.type is None

    @property
    def size(self) -> Size | None:
        return Size(self.width, self.height) if self.width and self.height else None

    @property
    def name(self) -> str:
        """Our file's name."""
        return file_name(self.source, self.type or "")


@dataclass(frozen=True, slots=True)
class Media:
    """A picture that a site has uploaded. `uploaded_digest` is that of what was sent, before it was cleaned."""

    id: MediaId
    site_id: SiteId
    uploaded_digest: str
    created_at: datetime
    picture: Picture


def file_name(digest: str, media_type: str) -> str:
    """The name of our file of that content."""
    return f"{digest}.{SUFFIXES[media_type]}"


def digest_of(name: str) -> str:
    """The digest in our file's name."""
    return name.partition(".")[0]
