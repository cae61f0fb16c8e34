"""Private selections' feeds: asked of the database at each request and kept by nobody, so that a token ends with its commit."""

import asyncio
import hmac
import re

from service.document_cache import LOADS_AT_ONCE
from service.prepared import NO_STRIP, Loaded, Prepared, prepare
from sokbo.domain.feed import FEED_SUFFIXES, ListingKind
from sokbo.domain.ids import SiteId
from sokbo.domain.key import token_digest
from sokbo.domain.selection import feed_path_with, private_path
from sokbo.domain.site import NAME_PATTERN
from sokbo.storage import Database

_PATH = re.compile(rf"{ListingKind.SELECTION.value}/({NAME_PATTERN.pattern})/([^/]+)\.({'|'.join(FEED_SUFFIXES)})")


def without_token(path: str) -> str:
    """The path as logs may show it."""
    return _PATH.sub(lambda found: feed_path_with(found[1], "*", found[3]), path)


class PrivateFeeds:
    """Its methods may be called from one loop only; the database is asked in threads."""

    def __init__(self, database: Database):
        self._database = database
        self._loads = asyncio.Semaphore(LOADS_AT_ONCE)

    @staticmethod
    def holds(path: str) -> bool:
        """True for every path that a private feed could have, whether there is one or not; also for one with slashes at its
        end, as which other documents are found, but none of these."""
        return _PATH.fullmatch(path.rstrip("/")) is not None

    async def get(self, site_id: SiteId, path: str) -> Prepared | None:
        """The feed, if the path's token is its selection's."""
        async with self._loads:
            return await asyncio.to_thread(self._load, site_id, path)

    def _load(self, site_id: SiteId, path: str) -> Prepared | None:
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        name, token, suffix = match.groups()
        with self._database.read() as uow:
            selection = uow.selections.get(site_id, name)
            digest = selection and selection.private and selection.token_digest
            if not digest or not hmac.compare_digest(digest, token_digest(token)):
                return None
            document = uow.documents.get(site_id, private_path(name, suffix))
            if document is None:
                return None
            pieces = uow.documents.pieces(document.fragments)
        return prepare(Loaded(document, tuple(pieces[number] for number in document.fragments)), NO_STRIP)
