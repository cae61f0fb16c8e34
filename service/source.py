"""Documents for the cache, out of the storage; fragments, which never change, are read once for all documents."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from service.prepared import Loaded
from sokbo.domain.document import Piece
from sokbo.domain.ids import SiteId
from sokbo.storage import Database

#: The share of the cache's memory that fragments may take.
MAX_FRAGMENT_BYTES = 16 * 1024 * 1024


class StoredDocuments:
    """A DocumentSource. Its methods may be called from one loop only; the database is asked in threads."""

    def __init__(self, database: Database):
        self._database = database
        self._pieces: OrderedDict[int, Piece] = OrderedDict()
        self._size_bytes = 0

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        """The document at that path with its pieces, from one snapshot; None if there is none."""
        return await asyncio.to_thread(self._load, site_id, path)

    async def versions(self) -> Mapping[SiteId, int]:
        """Every site's current document version."""
        return await asyncio.to_thread(self._versions)

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of the site's documents newer than that version."""
        return await asyncio.to_thread(self._changed_since, site_id, version)

    def _load(self, site_id: SiteId, path: str) -> Loaded | None:
        with self._database.read() as uow:
            document = uow.documents.get(site_id, path)
            if document is None:
                return None
            known = {number: held for number in document.fragments if (held := self._pieces.get(number)) is not None}
            missing = set(document.fragments) - set(known)
            read = uow.documents.pieces(missing) if missing else {}
        self._remember(read)
        pieces = known | read
        return Loaded(document, tuple(pieces[number] for number in document.fragments))

    def _remember(self, read: Mapping[int, Piece]) -> None:
        for number, piece in read.items():
            if number not in self._pieces:
                self._pieces[number] = piece
                self._size_bytes += len(piece.raw) + len(piece.deflated)
        while self._size_bytes > MAX_FRAGMENT_BYTES:
            _, dropped = self._pieces.popitem(last=False)
            self._size_bytes -= len(dropped.raw) + len(dropped.deflated)

    def _versions(self) -> Mapping[SiteId, int]:
        with self._database.read() as uow:
            return uow.sites.versions()

    def _changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        with self._database.read() as uow:
            return uow.documents.changed_since(site_id, version)
