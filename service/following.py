"""Keeps what is in memory fresh: announcements are followed as they come, and versions checked in case one was missed."""

import asyncio
from collections.abc import Sequence

import structlog
from redis.exceptions import RedisError

from service.document_cache import DocumentCache
from service.metrics import Metrics
from service.response_cache import ResponseCache
from service.selection_directory import SelectionDirectory
from service.site_directory import SiteDirectory
from sokbo.broker import Announcement, Broker
from sokbo.domain.selection import Selection
from sokbo.domain.site import Site
from sokbo.errors import Unavailable
from sokbo.storage import Database

CHECK_SECONDS = 1.0
RECONNECT_SECONDS = 0.5

log = structlog.get_logger()


async def follow_announcements(broker: Broker, cache: DocumentCache, metrics: Metrics) -> None:
    """Loads what is announced, until the line breaks. While the broker is away the version check does it alone."""
    try:
        async for announcement in broker.announcements():
            metrics.announcements.inc()
            await _hear(cache, announcement)
    except (RedisError, OSError) as error:
        log.warning("announcements_lost", reason=str(error))


async def check_versions(
    database: Database, cache: DocumentCache, directory: SiteDirectory, selections: SelectionDirectory, responses: ResponseCache
) -> None:
    """Finds new sites, selections and documents that no announcement told of. While the database is away, what is in memory is
    served on."""
    try:
        await load_sites(database, directory, selections, responses)
        await cache.catch_up()
    except Unavailable as error:
        log.warning("documents_not_refreshed", reason=error.full_message)


async def load_sites(
    database: Database, directory: SiteDirectory, selections: SelectionDirectory, responses: ResponseCache
) -> None:
    """Tells the directories of all sites and their selections; what was answered for other sites is forgotten.

    Raises Unavailable.
    """

    def read() -> tuple[Sequence[Site], Sequence[Selection]]:
        with database.read() as uow:
            return uow.sites.all(), uow.selections.all()

    sites, chosen = await asyncio.to_thread(read)
    selections.replace(chosen)
    if directory.replace(sites):
        responses.clear()


async def _hear(cache: DocumentCache, told: Announcement) -> None:
    """Without the database the announcement is let go: the next version check finds what it told of."""
    try:
        await cache.hear(told.site_id, told.version, told.paths)
    except Unavailable as error:
        log.warning("documents_not_refreshed", reason=error.full_message)
