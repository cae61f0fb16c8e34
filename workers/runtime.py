"""What one worker process keeps while it lives: the database, the broker, the renderers, the pump, the darkroom."""

import asyncio
import os
import random
import socket
import threading
from asyncio import AbstractEventLoop
from dataclasses import dataclass, field

import structlog
import uvloop

from sokbo.broker import Broker
from sokbo.domain.event import Lane
from sokbo.garbage import collect_rarely
from sokbo.media.files import MediaFiles
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings
from sokbo.storage import Database
from workers.darkroom import Darkroom
from workers.deliver import Pump
from workers.pages.renderer import PageRenderer

log = structlog.get_logger()


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
    darkroom: Darkroom | None = None

    def wake_deliveries(self) -> None:
        """Lets the pump look for due deliveries now. Returns at once."""
        self.loop.call_soon_threadsafe(self.pump.wake)

    def wake_darkroom(self) -> None:
        """Lets the darkroom, if this process has one, look for pictures that wait. Returns at once."""
        if self.darkroom is not None:
            self.loop.call_soon_threadsafe(self.darkroom.wake)

    def close(self) -> None:
        """Lets pushes under way finish, within the time that settings give, and stops."""
        self.loop.call_soon_threadsafe(self.pump.stop)
        if self.darkroom is not None:
            self.loop.call_soon_threadsafe(self.darkroom.stop)
        self.thread.join(self.settings.shutdown_seconds)
        self.broker.close()
        self.database.close()


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
    # Never beside breaking news alone: pictures can wait.
    darkroom = Darkroom(settings, database, MediaFiles(settings.media_folder), holder) if Lane.DEFAULT in lanes else None
    pages = PageRenderer()
    collect_rarely()
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=run_pump, args=(loop, pump, darkroom), name="pump", daemon=True)
    thread.start()
    return Runtime(settings, database, Broker(settings), pages, pump, lanes, holder, loop, thread, darkroom)


def run_pump(loop: AbstractEventLoop, pump: Pump, darkroom: Darkroom | None = None) -> None:
    """Until the pump is stopped. Should it break, the process ends: without it, it would look alive and deliver nothing."""
    try:
        loop.run_until_complete(_run(pump, darkroom))
    except BaseException:
        log.exception("pump_broke")
        os._exit(1)
    finally:
        loop.close()


async def _run(pump: Pump, darkroom: Darkroom | None) -> None:
    await asyncio.gather(pump.run(), *([darkroom.run()] if darkroom else []))
