"""Which site has which image: files are shared on the disk, while sites are worlds of their own."""

import asyncio
from collections import OrderedDict

from service.document_cache import LOADS_AT_ONCE
from sokbo.domain.ids import SiteId
from sokbo.storage import Database

MAX_REMEMBERED = 20_000


class ImageDirectory:
    """Asks the database, and remembers what sites have: they never lose an image. For one loop's use."""

    def __init__(self, database: Database):
        self._database = database
        self._remembered: OrderedDict[tuple[SiteId, str], None] = OrderedDict()
        self._asks = asyncio.Semaphore(LOADS_AT_ONCE)

    async def has(self, site_id: SiteId, name: str) -> bool:
        """True if the file is one of the site's uploads, or a variant of one. Raises Unavailable."""
        image = site_id, name
        if image in self._remembered:
            self._remembered.move_to_end(image)
            return True
        async with self._asks:
            if not await asyncio.to_thread(self._ask, site_id, name):
                return False
        self._remembered[image] = None
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return True

    def _ask(self, site_id: SiteId, name: str) -> bool:
        with self._database.read() as uow:
            return uow.media.has_file(site_id, name)
