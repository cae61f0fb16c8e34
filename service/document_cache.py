"""Documents kept ready in memory, and kept fresh: a change replaces what is held while readers go on reading the old. What nobody
has read since the last change is loaded for its next reader."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.prepared import Loaded, Prepared, Strip, prepare, strip_of
from sokbo.domain.document import BREAKING_STRIP_PATH
from sokbo.domain.ids import SiteId
from sokbo.errors import Unavailable

Key = tuple[SiteId, str]

#: How long "nothing there" is believed without asking again, and of how many paths.
ABSENCE_SECONDS = 1.0
MAX_ABSENCES = 4096
#: Where one that has changed can't be loaded, how long all such are read on before that is tried again.
RETRY_SECONDS = 1.0
#: Loads under way at once; the others wait, so that a crawl of unknown paths never takes all the database's threads.
LOADS_AT_ONCE = 8
#: Pages given a new strip before other work gets its turn.
_PAGES_AT_A_TIME = 50


class DocumentSource(Protocol):
    """Where documents come from."""

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        """The document at that path with its pieces, from one snapshot; None if there is none."""
        ...

    async def versions(self) -> Mapping[SiteId, int]:
        """Every site's current document version."""
        ...

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        """The paths of the site's documents newer than that version."""
        ...


@dataclass(slots=True)
class _Flight:
    """A load under way. `again`: the document changed meanwhile, so what comes of it may be the old one."""

    task: asyncio.Task[Prepared | None]
    again: bool = False


@dataclass(slots=True)
class _Entry:
    """A document that is held. `is_read`: somebody has read it since it was loaded. `is_outdated`: its next reader has it loaded
    again."""

    prepared: Prepared
    is_read: bool = False
    is_outdated: bool = False


class DocumentCache:
    """The documents used last, `max_bytes` of them at most; each key is loaded once at a time, however many wait for it."""

    def __init__(self, source: DocumentSource, max_bytes: int) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._strips: dict[SiteId, Strip] = {}
        self._absent: dict[Key, float] = {}
        self._flights: dict[Key, _Flight] = {}
        self._seen: dict[SiteId, int] = {}
        self._away_until = 0.0
        self._loads = asyncio.Semaphore(LOADS_AT_ONCE)

    @property
    def size_bytes(self) -> int:
        """What the documents held take."""
        return self._size_bytes

    async def get(self, site_id: SiteId, path: str) -> Prepared | None:
        """The document at that path, from memory if it is there; None if there is none. Raises what `load` raises, but for
        Unavailable where an older one is held, which is then answered."""
        key = (site_id, path)
        held = self._entries.get(key)
        if held is not None and self._may_be_read(held):
            self._use(key, held)
            return held.prepared
        if self._absent.get(key, 0.0) > time.monotonic():
            return None
        try:
            prepared = await asyncio.shield(self._flight(key).task)
        except Unavailable:
            if held is None:
                raise
            self._away_until = time.monotonic() + RETRY_SECONDS
            return held.prepared
        if (loaded := self._entries.get(key)) is not None:
            loaded.is_read = True
        return prepared

    def holds(self, prepared: Prepared) -> bool:
        """True while that is what `get` answers; counts as a use."""
        key = (prepared.site_id, prepared.path)
        held = self._entries.get(key)
        if held is None or held.prepared is not prepared or not self._may_be_read(held):
            return False
        self._use(key, held)
        return True

    def _may_be_read(self, held: _Entry) -> bool:
        return not held.is_outdated or time.monotonic() < self._away_until

    def _use(self, key: Key, held: _Entry) -> None:
        held.is_read = True
        self._entries.move_to_end(key)

    def improve(self, prepared: Prepared, better: Prepared) -> None:
        """Puts the better of the same document in its place, if that is still held."""
        if self.holds(prepared):
            self._replace(self._entries[prepared.site_id, prepared.path], better)

    async def refresh(self, site_id: SiteId, paths: Iterable[str]) -> None:
        """Loads those of the documents again that are held and have been read since they were loaded; the old ones are read until
        the new are there. The others are loaded when somebody reads them.

        Whatever `load` raises is raised when all have been tried; the old documents stay.
        """
        tasks = []
        for path in paths:
            key = (site_id, path)
            self._absent.pop(key, None)
            if (flight := self._flights.get(key)) is not None:
                flight.again = True
                tasks.append(flight.task)
            elif path == BREAKING_STRIP_PATH and site_id in self._strips:
                tasks.append(self._flight(key).task)
            elif (held := self._entries.get(key)) is not None:
                if held.is_read:
                    tasks.append(self._flight(key).task)
                else:
                    held.is_outdated = True
        _raise_first(await asyncio.gather(*tasks, return_exceptions=True))

    async def hear(self, site_id: SiteId, version: int, paths: Iterable[str]) -> None:
        """Refreshes what is announced. If that version comes right after the last one seen, `catch_up` has nothing to find.

        Raises what `refresh` raises.
        """
        await self.refresh(site_id, paths)
        if version == self._seen.get(site_id, 0) + 1:
            self._seen[site_id] = version

    async def catch_up(self) -> None:
        """Finds, by the sites' versions, every change that no announcement told of.

        Raises what `refresh` raises when all sites have been tried.
        """
        versions = await self._source.versions()
        behind = [(site_id, version) for site_id, version in versions.items() if version > self._seen.get(site_id, 0)]
        _raise_first(await asyncio.gather(*(self._catch_up(*site) for site in behind), return_exceptions=True))

    async def _catch_up(self, site_id: SiteId, version: int) -> None:
        if site_id not in self._seen and not self._knows(site_id):  # as at the start: whatever is loaded from now on is newer
            self._seen[site_id] = version
            return
        await self.refresh(site_id, await self._source.changed_since(site_id, self._seen.get(site_id, 0)))
        self._seen[site_id] = max(version, self._seen.get(site_id, 0))

    def _knows(self, site_id: SiteId) -> bool:
        """True if something of the site is held or being loaded."""
        return site_id in self._strips or any(key[0] == site_id for key in (*self._entries, *self._flights))

    def _flight(self, key: Key) -> _Flight:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(self._load(key)))
        return flight

    async def _load(self, key: Key) -> Prepared | None:
        site_id, path = key
        flight = self._flights[key]
        try:
            while True:
                flight.again = False
                async with self._loads:
                    loaded = await self._source.load(site_id, path)
                if loaded is not None and loaded.document.closing is not None and site_id not in self._strips:
                    await asyncio.shield(self._flight((site_id, BREAKING_STRIP_PATH)).task)
                if not flight.again:
                    break
            prepared = self._put(key, loaded)
        finally:
            del self._flights[key]
        if path == BREAKING_STRIP_PATH:
            await self._show_strip(site_id)
        return prepared

    def _put(self, key: Key, loaded: Loaded | None) -> Prepared | None:
        """Takes the outcome of a load in. Nothing is awaited here, so a page always gets the newest strip."""
        site_id, path = key
        if path == BREAKING_STRIP_PATH:
            self._strips[site_id] = strip_of(loaded)
        if loaded is None:
            self._remove(key)
            self._note_absence(key)
            return None
        prepared = prepare(loaded, self._strips.get(site_id, strip_of(None)))
        self._remove(key)
        self._entries[key] = _Entry(prepared)
        self._size_bytes += prepared.size_bytes
        self._make_room()
        return prepared

    async def _show_strip(self, site_id: SiteId) -> None:
        """Puts the site's strip into its pages that are held; between turns some may have been replaced or dropped."""
        pages = [key for key, held in self._entries.items() if key[0] == site_id and held.prepared.loaded is not None]
        for index, key in enumerate(pages):
            if index and index % _PAGES_AT_A_TIME == 0:
                await asyncio.sleep(0)
            held = self._entries.get(key)
            if held is not None and held.prepared.loaded is not None:
                self._replace(held, prepare(held.prepared.loaded, self._strips[site_id]))

    def _replace(self, held: _Entry, prepared: Prepared) -> None:
        self._size_bytes += prepared.size_bytes - held.prepared.size_bytes
        held.prepared = prepared
        self._make_room()

    def _make_room(self) -> None:
        while self._size_bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: Key) -> None:
        dropped = self._entries.pop(key, None)
        if dropped is not None:
            self._size_bytes -= dropped.prepared.size_bytes

    def _note_absence(self, key: Key) -> None:
        while len(self._absent) >= MAX_ABSENCES:
            del self._absent[next(iter(self._absent))]
        self._absent[key] = time.monotonic() + ABSENCE_SECONDS


def _raise_first(outcomes: Iterable[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
