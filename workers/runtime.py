"""What one worker process keeps while it lives: database, broker, renderers, pump, image processor, verifier."""

import asyncio
import os
import random
import socket
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import structlog
import uvloop

from sokbo.broker import Announcement, Broker, Task
from sokbo.domain.document import Document
from sokbo.domain.event import Lane
from sokbo.domain.ids import SiteId
from sokbo.garbage import collect_rarely
from sokbo.lifeline import end_within
from sokbo.media.files import MediaFiles
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings
from sokbo.storage import Database
from workers.deliver import Pump
from workers.image_processor import ImageProcessor
from workers.pages.renderer import PageRenderer
from workers.verifier import Verifier

#: Of uvloop's threads half at most look up names, for up to half a minute each where a partner's name server is silent: with the
#: four that it has unless told otherwise, two such partners would hold up all pushes.
UV_THREADS = "64"

log = structlog.get_logger()


@dataclass(slots=True)
class Ending:
    """Whether the process is to end, and since when by the monotonic clock."""

    since: float | None = None


@dataclass(frozen=True, slots=True)
class Runtime:
    """`holder` names this process in leases, also against an earlier one with the same pid."""

    settings: Settings
    database: Database
    broker: Broker
    pages: PageRenderer
    pump: Pump
    lanes: tuple[Lane, ...]
    holder: str
    loop: AbstractEventLoop = field(repr=False)
    thread: threading.Thread = field(repr=False)
    image_processor: ImageProcessor | None = None
    verifier: Verifier | None = None
    ending: Ending = field(default_factory=Ending)

    def wake_deliveries(self) -> None:
        """Lets the pump look for due deliveries now. Returns at once."""
        self._tell(self.pump.wake)

    def announce(
        self, site_id: SiteId, version: int, documents: Iterable[Document], *, to_partners: int = 0, to_subscribers: int = 0
    ) -> None:
        """Tells the services which documents have been stored, and has the deliveries pushed that were planned with them; call
        after the commit."""
        self.broker.announce([Announcement(site_id, version, tuple(document.path for document in documents))])
        self._hasten_deliveries(to_partners, to_subscribers)

    def _hasten_deliveries(self, to_partners: int, to_subscribers: int) -> None:
        """Has so many that have just been planned pushed at once; by other processes, too, where it is more than one has under
        way. To subscribers of anything but breaking news, whoever serves that alone pushes nothing."""
        planned = to_partners + to_subscribers
        if planned:
            self.wake_deliveries()
        if planned > self.settings.pushes_in_flight or (to_subscribers and Lane.DEFAULT not in self.lanes):
            self.broker.nudge(Task.DELIVER, Lane.DEFAULT)

    def note_absence(self) -> None:
        """Tells the pump that the database couldn't be used. Returns at once."""
        self._tell(self.pump.note_absence)

    def wake_image_processor(self) -> None:
        """Lets the image processor, if this process has one, look for pictures that wait. Returns at once."""
        if self.image_processor is not None:
            self._tell(self.image_processor.wake)

    def wake_verifier(self) -> None:
        """Lets the verifier, if this process has one, look for requests that wait. Returns at once."""
        if self.verifier is not None:
            self._tell(self.verifier.wake)

    def begin_to_end(self) -> None:
        """Has the task under way come to an end, and begins nothing more. Returns at once."""
        if self.ending.since is None:
            self.ending.since = time.monotonic()
        self._tell(self.pump.stop)
        for beside in (self.image_processor, self.verifier):
            if beside is not None:
                self._tell(beside.stop)

    def end_within(self, seconds: float) -> None:
        """Has the process ended by force after so many seconds. Returns at once."""
        self._tell(partial(end_within, seconds))

    def close(self) -> None:
        """Lets pushes under way finish, within the time that settings give from when it was told to end, and stops."""
        self.begin_to_end()
        passed = time.monotonic() - (self.ending.since or 0.0)
        self.thread.join(max(0.0, self.settings.shutdown_seconds - passed))
        self.broker.close()
        self.database.close()

    def _tell(self, what: Callable[[], None]) -> None:
        """Has the pump's thread do it, unless that has ended."""
        with suppress(RuntimeError):  # its loop is closed
            self.loop.call_soon_threadsafe(what)


def start(settings: Settings, lanes: tuple[Lane, ...]) -> Runtime:
    """The runtime of a worker process that serves these lanes, with its pump running on a loop of its own thread."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"
    # Not durable: what this process writes follows from events that are, and would be done again.
    database = Database(settings.resolved_database_url, durable=False)
    pump = Pump(
        settings=settings,
        database=database,
        sealer=Sealer(load_secret_key(settings)),
        # Whoever serves the rest helps with breaking news when there is much of it, but not the other way round.
        lanes=tuple(Lane) if Lane.DEFAULT in lanes else lanes,
        holder=holder,
        rng=random.Random(),  # noqa: S311 - jitter
    )
    # Never beside breaking news alone: pictures and subscribers can wait.
    image_processor = (
        ImageProcessor(settings, database, MediaFiles(settings.media_folder), holder) if Lane.DEFAULT in lanes else None
    )
    verifier = Verifier(settings, database, holder) if Lane.DEFAULT in lanes else None
    pages = PageRenderer()
    collect_rarely()
    loop = new_loop()
    thread = threading.Thread(target=run_pump, args=(loop, pump, image_processor, verifier), name="pump", daemon=True)
    thread.start()
    return Runtime(settings, database, Broker(settings), pages, pump, lanes, holder, loop, thread, image_processor, verifier)


def new_loop() -> AbstractEventLoop:
    """The process's first loop, which decides how many threads look up names."""
    os.environ.setdefault("UV_THREADPOOL_SIZE", UV_THREADS)
    return uvloop.new_event_loop()


def run_pump(
    loop: AbstractEventLoop, pump: Pump, image_processor: ImageProcessor | None = None, verifier: Verifier | None = None
) -> None:
    """Until the pump is stopped. Should it break, the process ends: without it, it would look alive and deliver nothing."""
    try:
        loop.run_until_complete(_run(*(work for work in (pump, image_processor, verifier) if work is not None)))
    except BaseException:
        log.exception("pump_broke")
        os._exit(1)
    finally:
        loop.close()


async def _run(*works: Pump | ImageProcessor | Verifier) -> None:
    await asyncio.gather(*(work.run() for work in works))
