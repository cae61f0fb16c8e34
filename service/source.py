"""Documents for the cache, out of the storage; fragments, which never change, are read once for all documents."""

import asyncio
from collections.abc import Mapping, Sequence

from service.prepared import Loaded
from sokbo.domain.document import Piece
from sokbo.domain.ids import SiteId
from sokbo.storage import Database

#: The memory that fragments may take, beside the cache's own.
MAX_FRAGMENT_BYTES = 16 * 1024 * 1024


class StoredDocuments:
    """A DocumentSource. Its methods may be called from one loop only; the database is asked in threads."""

    def __init__(self, database: Database):
        self._database = database
        self._pieces: Mapping[int, Piece] = {}  # replaced and never changed, so that threads may look into it

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        """The document at that path with its pieces, from one snapshot; None if there is none."""
        loaded, read = await asyncio.to_thread(self._load, site_id, path, self._pieces)
        if read:
            self._pieces = _bounded({**self._pieces, **read})
        return loaded

    async def versions(self) -> Mapping[SiteId, int]:
        """Every site's current document version."""
        return await asyncio.to_thread(self._versions)

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of the site's documents newer than that version."""
        return await asyncio.to_thread(self._changed_since, site_id, version)

    def _load(self, site_id: SiteId, path: str, known: Mapping[int, Piece]) -> tuple[Loaded | None, Mapping[int, Piece]]:
        """The document, and those of its pieces that weren't known."""
        with self._database.read() as uow:
            document = uow.documents.get(site_id, path)
            if document is None:
                return None, {}
            missing = {number for number in document.fragments if number not in known}
            read = uow.documents.pieces(missing) if missing else {}
        return Loaded(document, tuple(read.get(number) or known[number] for number in document.fragments)), read

    def _versions(self) -> Mapping[SiteId, int]:
        with self._database.read() as uow:
            return uow.sites.versions()

    def _changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        with self._database.read() as uow:
            return uow.documents.changed_since(site_id, version)


def _bounded(pieces: dict[int, Piece]) -> dict[int, Piece]:
    """The pieces without the first to come, as far as all together are too large."""
    size_bytes = sum(len(piece.raw) + len(piece.deflated) for piece in pieces.values())
    while size_bytes > MAX_FRAGMENT_BYTES:
        dropped = pieces.pop(next(iter(pieces)))
        size_bytes -= len(dropped.raw) + len(dropped.deflated)
    return pieces
