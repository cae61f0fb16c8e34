"""Builds the service: what it holds, its routes, and what runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from service.auth import Authenticator
from service.background import repeat
from service.connections import CHECK_SECONDS as CONNECTIONS_CHECK_SECONDS
from service.connections import Connections
from service.document_cache import DocumentCache
from service.following import CHECK_SECONDS, RECONNECT_SECONDS, check_versions, follow_announcements, load_sites
from service.image_directory import ImageDirectory
from service.key_lookups import KeyLookups
from service.limits import RateLimit
from service.metrics import Metrics
from service.middlewares import edge
from service.nudger import Nudger
from service.private_feeds import PrivateFeeds
from service.proxies import TrustedProxies
from service.reading import Reader
from service.response_cache import ResponseCache
from service.routes.article_records import add_article_record_routes
from service.routes.articles import add_article_routes
from service.routes.audit import add_audit_routes
from service.routes.deliveries import add_delivery_routes
from service.routes.documents import add_document_routes
from service.routes.events import add_event_routes
from service.routes.hosts import add_host_routes
from service.routes.hub import add_hub_routes
from service.routes.media import add_image_routes, add_media_routes
from service.routes.operating import add_operating_routes
from service.routes.partners import add_partner_routes
from service.routes.redelivery import add_redelivery_routes
from service.routes.selections import add_selection_routes
from service.selection_directory import SelectionDirectory
from service.services import Services
from service.site_directory import SiteDirectory
from service.source import StoredDocuments
from service.subscribing import Topics
from service.writer import Writer
from sokbo.broker import Broker
from sokbo.media.files import MediaFiles
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings
from sokbo.storage import Database


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is ready to be given a socket."""

    app: web.Application
    responses: ResponseCache
    connections: Connections


@asynccontextmanager
async def build_service(settings: Settings) -> AsyncIterator[Service]:
    """The service, for as long as the context lasts; then it finishes what it has taken on and lets go of everything.

    Raises Unavailable if the database can't be read, StartupError if the secret key can't.
    """
    database = Database(settings.resolved_database_url)
    broker = Broker(settings)
    metrics = Metrics()
    directory, selections = SiteDirectory(), SelectionDirectory()
    cache = DocumentCache(StoredDocuments(database), settings.document_cache_bytes)
    responses = ResponseCache(cache)
    proxies = TrustedProxies(settings.trusted_proxies)
    connections = Connections(per_address=settings.connections_per_address, total=settings.connections, trusts=proxies.trusts)
    metrics.show_counter("sokbo_answers_recalled", "Documents answered from memory of the request.", lambda: responses.recalled)
    metrics.show_counter("sokbo_connections_refused", "Connections beyond a limit.", lambda: connections.refused)
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        stack.callback(broker.close)
        await load_sites(database, directory, selections, responses)
        services = _make_services(settings, database, broker, metrics, selections, proxies)
        stack.push_async_callback(asyncio.to_thread, services.nudger.close)
        stack.push_async_callback(services.writer.close)
        for work in (
            repeat("announcements", lambda: follow_announcements(broker, cache, metrics), RECONNECT_SECONDS),
            repeat("versions", lambda: check_versions(database, cache, directory, selections, responses), CHECK_SECONDS),
            repeat("connections", connections.check, CONNECTIONS_CHECK_SECONDS),
        ):
            stack.push_async_callback(_end, asyncio.create_task(work))
        reader = Reader(cache, PrivateFeeds(database))
        yield Service(_make_app(services, reader, directory, proxies), responses, connections)


def _make_services(
    settings: Settings,
    database: Database,
    broker: Broker,
    metrics: Metrics,
    selections: SelectionDirectory,
    proxies: TrustedProxies,
) -> Services:
    """Starts the threads that write and nudge. Raises StartupError."""
    sealer = Sealer(load_secret_key(settings))
    return Services(
        settings=settings,
        database=database,
        broker=broker,
        writer=Writer(database),
        nudger=Nudger(broker, metrics),
        authenticator=Authenticator(
            KeyLookups(database),
            proxies,
            per_key=RateLimit(settings.requests_per_minute),
            failures=RateLimit(settings.unknown_keys_per_minute),
        ),
        metrics=metrics,
        sealer=sealer,
        selections=selections,
        files=MediaFiles(settings.media_folder),
    )


def _make_app(services: Services, reader: Reader, directory: SiteDirectory, proxies: TrustedProxies) -> web.Application:
    app = web.Application(client_max_size=services.settings.max_article_bytes, middlewares=[edge(services.metrics)])
    add_operating_routes(app, services)
    add_article_routes(app, services)
    add_article_record_routes(app, services)
    add_partner_routes(app, services)
    add_redelivery_routes(app, services)
    add_delivery_routes(app, services)
    add_event_routes(app, services)
    add_selection_routes(app, services)
    add_audit_routes(app, services)
    add_media_routes(app, services)
    add_host_routes(app, directory)
    add_hub_routes(app, services, directory, Topics(directory, reader), proxies)
    add_image_routes(app, services.files, directory, ImageDirectory(services.database))
    add_document_routes(app, reader, directory)
    return app


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
