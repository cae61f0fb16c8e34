"""Workers whose tasks the tests call themselves, a turn at a time: no Celery, no broker, a clock that stands still."""

import asyncio
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from sokbo.broker import Broker
from sokbo.domain.document import Document
from sokbo.domain.event import Lane
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.newsroom import SEALER, Newsroom
from workers.deliver import Pump
from workers.pages.renderer import PageRenderer
from workers.runtime import Runtime
from workers.sweep import sweep
from workers.syndicate import syndicate

LANES = (Lane.BREAKING, Lane.DEFAULT)


@dataclass(frozen=True, slots=True)
class Bureau:
    """One site with the worker that serves it."""

    newsroom: Newsroom
    runtime: Runtime

    def syndicate(self) -> None:
        for lane in LANES:
            syndicate(self.runtime, lane)

    def sweep(self) -> None:
        for lane in LANES:
            sweep(self.runtime, lane)

    def colleague(self, holder: str) -> Runtime:
        """Another worker process on the same database."""
        return replace(self.runtime, holder=holder)

    def document(self, path: str) -> Document | None:
        with self.newsroom.database.read() as uow:
            return uow.documents.get(self.newsroom.site.id, path)

    def text(self, path: str) -> str:
        """The document's body without the strip that pages get when they are served."""
        with self.newsroom.database.read() as uow:
            document = uow.documents.get(self.newsroom.site.id, path)
            assert document is not None, path
            pieces = uow.documents.pieces(document.fragments)
            entries = document.separator.raw.join(pieces[number].raw for number in document.fragments)
        return (document.head.raw + entries + document.tail.raw).decode()

    def versions(self) -> dict[str, int]:
        """Every document's version, by path."""
        with self.newsroom.database.read() as uow:
            paths = uow.documents.changed_since(self.newsroom.site.id, -1)
            return {path: document.version for path in paths if (document := uow.documents.get(self.newsroom.site.id, path))}


@contextmanager
def open_bureau(
    database: Database, folder: Path, site: Mapping[str, object] = MappingProxyType({}), **settings: object
) -> Iterator[Bureau]:
    """A bureau with a new site, whose fields `site` says."""
    with bureau_of(Newsroom.open(database, **site), folder, **settings) as opened:
        yield opened


@contextmanager
def bureau_of(newsroom: Newsroom, folder: Path, **settings: object) -> Iterator[Bureau]:
    """A bureau whose broker can't be reached: nothing may depend on it.

    No turn ends for want of time: what a slow machine would leave to a later one is put off by a clock that stands still.
    """
    made = Settings(data=folder, callback_allow="127.0.0.0/8", **settings)  # type: ignore[arg-type]  # pydantic reads them
    database = newsroom.database
    loop = asyncio.new_event_loop()
    pump = Pump(made, database, SEALER, LANES, "me", random.Random(1))
    broker = Broker(made)
    runtime = Runtime(made, database, broker, _pages(), pump, LANES, "me", loop, threading.Thread())
    try:
        with pytest.MonkeyPatch.context() as patched:
            for limit in ("workers.syndicate.RENDER_SECONDS", "workers.syndicate.TASK_SECONDS"):
                patched.setattr(limit, 3600.0)
            yield Bureau(newsroom, runtime)
    finally:
        loop.close()
        broker.close()


@cache
def _pages() -> PageRenderer:
    """One for all bureaus, as a worker process has one for all sites: to compile the templates takes longer than most tests."""
    return PageRenderer()
