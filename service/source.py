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
        self._pieces: dict[int, Piece] = {}  # in the order in which they came; threads only look one up in it
        self._size_bytes = 0

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        """The document at that path with its pieces, from one snapshot; None if there is none."""
        loaded, read = await asyncio.to_thread(self._load, site_id, path)
        for number, piece in read.items():
            self._keep(number, piece)
        return loaded

    async def versions(self) -> Mapping[SiteId, int]:
        """Every site's current document version."""
        return await asyncio.to_thread(self._versions)

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of the site's documents newer than that version."""
        return await asyncio.to_thread(self._changed_since, site_id, version)

    def _keep(self, number: int, piece: Piece) -> None:
        """Keeps it in the place of those that came first, as far as all together are too large."""
        if number not in self._pieces:
            self._pieces[number] = piece
            self._size_bytes += _size_of(piece)
        while self._size_bytes > MAX_FRAGMENT_BYTES:
            self._size_bytes -= _size_of(self._pieces.pop(next(iter(self._pieces))))

    def _load(self, site_id: SiteId, path: str) -> tuple[Loaded | None, Mapping[int, Piece]]:
        """The document, and those of its pieces that weren't known."""
        with self._database.read() as uow:
            document = uow.documents.get(site_id, path)
            if document is None:
                return None, {}
            known = {number: self._pieces.get(number) for number in document.fragments}
            missing = {number for number, piece in known.items() if piece is None}
            read = uow.documents.pieces(missing) if missing else {}
        return Loaded(document, tuple(known[number] or read[number] for number in document.fragments)), read

    def _versions(self) -> Mapping[SiteId, int]:
        with self._database.read() as uow:
            return uow.sites.versions()

    def _changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        with self._database.read() as uow:
            return uow.documents.changed_since(site_id, version)


def _size_of(piece: Piece) -> int:
    return len(piece.raw) + len(piece.deflated)
