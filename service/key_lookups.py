"""Looks keys up in the database: all that wait at once, in one query, and one query at a time.

So guesses, however many, cost the database no more than one small query after the other, or ten a second where they can wait;
and whoever has a key waits for the query that is under way and the next, not for others' turns.
"""

import asyncio
import time
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from sokbo.domain.key import ApiKey
from sokbo.domain.site import Site
from sokbo.errors import Unavailable
from sokbo.storage import Database

#: Digests in one query.
MAX_TOGETHER = 1000
#: Those who can wait are looked up at full multiples of this.
PACE_SECONDS = 0.1
#: When keys couldn't be looked up, how long others aren't either: one query after the other, the last would wait for minutes.
AWAY_SECONDS = 0.5


class KeyAndSite(NamedTuple):
    """A key, and its site."""

    key: ApiKey
    site: Site


class KeyLookups:
    """For one loop's use; the database is asked in a thread."""

    def __init__(self, database: Database):
        self._database = database
        self._waiting: dict[str, asyncio.Future[KeyAndSite | Unavailable | None]] = {}
        self._asking = asyncio.Lock()
        self._away: tuple[float, Unavailable] | None = None

    async def find(self, digest: str, *, can_wait: bool = False) -> KeyAndSite | None:
        """The key with that digest, if there is one. With `can_wait` it causes no query before the next moment for such, but is
        taken along by one that others cause. Raises Unavailable, for all who waited for that at once."""
        answer = self._waiting.get(digest)
        if answer is None:
            answer = self._waiting[digest] = asyncio.get_running_loop().create_future()
        if can_wait:
            await asyncio.sleep(PACE_SECONDS - time.monotonic() % PACE_SECONDS)
        async with self._asking:
            while not answer.done():
                await self._ask()
        found = answer.result()
        if isinstance(found, Unavailable):
            raise copy(found)  # each with a trace of its own
        return found

    async def _ask(self) -> None:
        """Answers those who have waited longest. They go on waiting if whoever asks is cancelled."""
        digests = list(self._waiting)[:MAX_TOGETHER]
        found: dict[str, KeyAndSite] | Unavailable
        if self._away is not None and time.monotonic() < self._away[0]:
            found = self._away[1]
        else:
            try:
                found = await asyncio.to_thread(self._load, digests)
            except Unavailable as error:
                self._away = time.monotonic() + AWAY_SECONDS, error
                found = error
        for digest in digests:
            self._waiting.pop(digest).set_result(found if isinstance(found, Unavailable) else found.get(digest))

    def _load(self, digests: Sequence[str]) -> dict[str, KeyAndSite]:
        with self._database.read() as uow:
            keys = uow.keys.by_digests(digests)
            return {digest: KeyAndSite(key, uow.sites.get(key.site_id)) for digest, key in keys.items()}
