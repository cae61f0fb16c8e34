"""`python -m service` serves until it is told to end (SIGTERM, SIGINT), and then finishes what it has under way."""

import asyncio
import resource
import signal
import sys

import structlog
import uvloop
from aiohttp import web

from service.app import Service, build_service
from service.http_protocol import guarded
from service.response_cache_protocol import with_response_cache
from sokbo import logs
from sokbo.errors import SokboError, StartupError
from sokbo.lifeline import END_MARGIN_SECONDS, end_within
from sokbo.net.listening import listen
from sokbo.settings import Settings, load_settings

#: Files that are open beside the connections: the database, the broker, the logs.
OTHER_FILES = 256
#: How much of the time to end the requests under way have; the writer and the nudger need some after them.
DRAINING_SHARE = 0.5
#: aiohttp then waits so long for each of those that are left, and once more when it has cancelled them.
CANCELLING_SECONDS = 0.5

log = structlog.get_logger()


def main() -> int:
    """The exit code: 1 if the service can't start."""
    try:
        settings = load_settings()
    except StartupError as error:
        sys.stderr.write(f"Error: {error.full_message}\n")
        return 1
    logs.configure(settings.log_level, "service")
    _allow_files(settings.connections + OTHER_FILES)
    try:
        uvloop.run(serve(settings))
    except SokboError as error:
        log.critical("service_cannot_start", reason=error.full_message)
        return 1
    except OSError as error:
        log.critical("service_cannot_listen", host=settings.host, port=settings.port, reason=str(error))
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Serves until a signal comes. Raises SokboError if it can't be built, OSError if it can't listen."""
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    async with build_service(settings) as service:
        runner = web.AppRunner(service.app, handle_signals=False, shutdown_timeout=CANCELLING_SECONDS)
        await runner.setup()
        server = await _listen(settings, service, runner)
        log.info("service_ready", host=settings.host, port=settings.port)
        await told_to_end.wait()
        log.info("service_ending")
        end_within(settings.shutdown_seconds + END_MARGIN_SECONDS)
        server.close()
        await service.connections.drain(settings.shutdown_seconds * DRAINING_SHARE)
        await runner.cleanup()


async def _listen(settings: Settings, service: Service, runner: web.AppRunner) -> asyncio.Server:
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    loop = asyncio.get_running_loop()
    protocol = with_response_cache(guarded(runner.server, service.connections), service.responses)
    return await loop.create_server(protocol, sock=listen(settings.host, settings.port))


def _allow_files(wanted: int) -> None:
    """Lets this process open so many files, or as many as the system allows it."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, allowed), most))


if __name__ == "__main__":
    sys.exit(main())
