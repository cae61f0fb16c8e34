"""`python -m service` serves until it is told to end (SIGTERM, SIGINT), and then finishes what it has under way."""

import asyncio
import signal
import socket
import sys

import structlog
import uvloop
from aiohttp import web

from service.app import Service, build_service
from service.recall import recalling
from sokbo import logs
from sokbo.errors import SokboError
from sokbo.settings import Settings

KEEPALIVE_SECONDS = 75
BACKLOG = 1024

log = structlog.get_logger()


def main() -> int:
    """The exit code: 1 if the service can't start."""
    settings = Settings()
    logs.configure(settings.log_level, "service")
    try:
        uvloop.run(serve(settings))
    except SokboError as error:
        log.critical("service_cannot_start", reason=error.message)
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
        runner = web.AppRunner(
            service.app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=settings.shutdown_seconds,
        )
        await runner.setup()
        server = await _listen(settings, service, runner)
        log.info("service_ready", host=settings.host, port=settings.port)
        await told_to_end.wait()
        log.info("service_ending")
        server.close()
        await runner.cleanup()


async def _listen(settings: Settings, service: Service, runner: web.AppRunner) -> asyncio.Server:
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    loop = asyncio.get_running_loop()
    listener = socket.create_server((settings.host, settings.port), family=_family(settings.host), backlog=BACKLOG)
    return await loop.create_server(recalling(runner.server, service.memory), sock=listener)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


if __name__ == "__main__":
    sys.exit(main())
