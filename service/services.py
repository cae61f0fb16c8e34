"""What the routes are given: built once in `app.py`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from service.auth import Authenticator
from service.metrics import Metrics
from service.nudger import Nudger
from service.selection_directory import SelectionDirectory
from service.writer import Writer
from sokbo.broker import Broker
from sokbo.media.files import MediaFiles
from sokbo.net.sealing import Sealer
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    broker: Broker
    writer: Writer
    nudger: Nudger
    authenticator: Authenticator
    metrics: Metrics
    sealer: Sealer
    selections: SelectionDirectory
    files: MediaFiles

    async def read(self, question: Callable[[UnitOfWork], T]) -> T:
        """What `question` answers in a transaction that only reads, asked in a thread. Raises what it raises, and Unavailable."""

        def ask() -> T:
            with self.database.read() as uow:
                return question(uow)

        return await asyncio.to_thread(ask)
