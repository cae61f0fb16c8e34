"""`sokbo up`: everything on one machine, from the broker to the beat, started, watched and stopped together."""

import http.client
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from sokbo import __version__, broker_process
from sokbo.broker import broker_answers
from sokbo.cli import preload
from sokbo.cli.children import ChildSpec, Executable, PythonModule
from sokbo.cli.console import Console
from sokbo.cli.first_start import FirstStart, Prepared, prepare
from sokbo.cli.options import data_option
from sokbo.cli.startup_checks import UP, check_restored, claimed, free_port, private_folder
from sokbo.cli.supervisor import StopRequested, Supervisor
from sokbo.domain.feed import FEEDS_PATH
from sokbo.settings import DEFAULT_DATA, Settings, load_settings

BROKER_STOP_ORDER = 3
#: Each is told to stop when all before it have: no new requests and no new sweeps, then no work, then no broker.
PROCESSES = (
    ChildSpec("service", PythonModule("service"), stop_order=1),
    ChildSpec("beat", PythonModule("workers", ("beat",)), stop_order=1),
    ChildSpec("breaking", PythonModule("workers", ("breaking",)), stop_order=2),
    ChildSpec("default", PythonModule("workers", ("default",)), stop_order=2),
)
READY_REQUEST_SECONDS = 1.0
HURRIED_EXIT_CODE = 130
#: How many sites are named at a start.
NAMED_SITES = 3

Prepare = Callable[[Settings], Prepared]


@click.command()
@click.option("--host", help="Address to listen on (SOKBO_HOST; 127.0.0.1 if not said).")
@click.option("--port", type=int, help="Port to listen on, 0 for a free one (SOKBO_PORT; 8080 if not said).")
@data_option
def up(host: str | None, port: int | None, data: Path | None) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    sys.exit(run(load_settings(host=host, port=port, data=data), PROCESSES, prepare, preload.MODULES))


def run(settings: Settings, processes: Sequence[ChildSpec], prepare: Prepare, preloaded: Sequence[str]) -> int:
    """Runs the broker and the processes until told to stop; the exit code.

    `prepare` makes the database ready, in a process of its own; `preloaded` are the modules that the processes shall share.
    Raises StartupError.
    """
    console = Console(sys.stdout)
    data = settings.data.resolve()
    with claimed(data, UP):
        check_restored(data)
        settings = settings.model_copy(update={"data": data, "port": free_port(settings.host, settings.port)})
        logs = data / "logs"
        private_folder(logs)
        # Before any of our modules is loaded for the children, so that none can ever see other settings.
        os.environ.update(SOKBO_DATA=str(data), SOKBO_HOST=settings.host, SOKBO_PORT=str(settings.port))
        began = time.monotonic()
        console.heading(f"Sokbo {__version__}")
        console.item("data", str(data))
        with Supervisor(logs, settings.shutdown_seconds, console) as supervisor:
            with suppress(StopRequested):
                _start_broker(supervisor, settings, console)
                preload.load(preloaded)
                prepared = _prepare_database(supervisor, settings, prepare, console)
                _start_processes(supervisor, settings, processes, console)
                console.good(f"Ready after {time.monotonic() - began:.1f} s; Ctrl-C stops everything.")
                _hint(settings, console)
                if prepared.first_start is not None:
                    _welcome(prepared.first_start, settings.resolved_public_url, console)
                else:
                    _name_sites(prepared.site_urls, console)
                supervisor.run()
            console.say("\nStopping: the service, then the workers, then the broker. Once more to kill them.")
        console.good("Stopped.")
        return HURRIED_EXIT_CODE if supervisor.hurried else 0


def _start_broker(supervisor: Supervisor, settings: Settings, console: Console) -> None:
    if settings.redis_url:
        console.item("broker", "as SOKBO_REDIS_URL says")
        if not broker_answers(settings):
            console.warn("The broker doesn't answer: articles are taken, and come out once it does.")
        return
    supervisor.add(_embedded_broker(settings))
    supervisor.wait_until("broker", partial(broker_process.answers, settings.broker_socket))
    console.item("broker", "embedded Valkey")


def _prepare_database(supervisor: Supervisor, settings: Settings, prepare: Prepare, console: Console) -> Prepared:
    prepared: Prepared = supervisor.call("prepare", partial(prepare, settings))
    console.item("database", "PostgreSQL" if settings.database_url else "SQLite")
    if prepared.moved:
        console.item("moved", f"{', '.join(prepared.moved)}: now below {settings.resolved_public_url}, and rendered anew")
    if prepared.first_start is not None:  # at once, for nobody will ever see it again if what follows fails
        console.item("API key", f"{prepared.first_start.api_key}  (shown this once)")
    return prepared


def _start_processes(supervisor: Supervisor, settings: Settings, processes: Sequence[ChildSpec], console: Console) -> None:
    for process in processes:
        supervisor.add(process)
    supervisor.wait_until("service", partial(_service_is_ready, settings.reachable_host, settings.port))
    console.item("running", ", ".join(process.name for process in processes))
    console.item("service", settings.resolved_public_url)


def _embedded_broker(settings: Settings) -> ChildSpec:
    folder, socket = settings.data / "broker", settings.broker_socket
    private_folder(folder)
    private_folder(socket.parent)
    server = Executable(broker_process.find_server(), broker_process.server_arguments(folder, socket))
    return ChildSpec("broker", server, stop_order=BROKER_STOP_ORDER, answers=partial(broker_process.lives, socket))


def _service_is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=READY_REQUEST_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _hint(settings: Settings, console: Console) -> None:
    if not settings.public_url and settings.reachable_host != settings.host:
        console.say("  Links lead to this machine only: set SOKBO_PUBLIC_URL to the URL that readers use.")
    if settings.data != DEFAULT_DATA.resolve():
        console.say(f"  Other commands find it with --data {shlex.quote(str(settings.data))}, or SOKBO_DATA.")


def _name_sites(urls: Sequence[str], console: Console) -> None:
    for url in urls[:NAMED_SITES]:
        console.item("site", f"{url}/")
    if len(urls) > NAMED_SITES:
        console.say(f"  {len(urls) - NAMED_SITES} more: `sokbo site list`")


def _welcome(first_start: FirstStart, url: str, console: Console) -> None:
    console.say()
    console.item("site", f"{url}/{first_start.site}/")
    console.item("feeds", f"{url}/{first_start.site}/{FEEDS_PATH}")
    console.say("  Post an article, and read it there:")
    article = '{"title": "Hello", "markdown": "The first **article**.", "breaking": true}'
    headers = f"-H 'Authorization: Bearer {first_start.api_key}' -H 'Content-Type: application/json'"
    console.say(f"curl {headers} -d '{article}' {url}/v1/articles")
