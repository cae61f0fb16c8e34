"""A running Sokbo as real processes: by `sokbo up`, or each process by itself as on many machines."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil

from sokbo import broker_process, keys, sites
from sokbo.domain.key import Scope
from sokbo.lifeline import end_with_parent
from sokbo.settings import Settings
from sokbo.storage import Database, migrate
from tests.client import ask
from tests.publisher import Publisher
from tests.waiting import eventually

SETTINGS = {
    "SOKBO_CALLBACK_ALLOW": "127.0.0.0/8",
    "SOKBO_RETRY_SCHEDULE": "0.1,0.2,0.4",
    "SOKBO_UNKNOWN_KEYS_PER_MINUTE": "1000",
}
START_SECONDS = 60.0
STOP_SECONDS = 20.0
#: Sites made beforehand: a service hears of a new site within a second, which no test then waits for.
SITES_AT_ONCE = 30
_READY = re.compile(r"http://127\.0\.0\.1:\d+")
_names = count(1)


@dataclass(slots=True)
class System:
    """`urls` are its services', `processes` those that a test may kill. `logs` has a file for each process."""

    settings: Settings
    urls: Sequence[str]
    logs: Path
    processes: Sequence[subprocess.Popen[bytes]]
    _spare: list[Publisher] = field(default_factory=list)

    def publisher(self) -> Publisher:
        """A publisher with a new site and a key of its own."""
        if not self._spare:
            self._spare = [self.create_site() for _ in range(SITES_AT_ONCE)]
            for address in [f"{url}/{publisher.site.name}/feed.rss" for url in self.urls for publisher in self._spare]:
                eventually(lambda address=address: ask("GET", address).status == 200, START_SECONDS)  # type: ignore[misc]  # mypy can't type a lambda's default
        return self._spare.pop()

    def create_site(self, **fields: object) -> Publisher:
        """As the command line does it. The services hear of it within a second."""
        name = f"site-{next(_names)}"
        database = Database(self.settings.resolved_database_url)
        by = {"actor": "tests", "request_id": "tests"}
        try:
            with database.write() as uow:
                known = {
                    "name": name,
                    "title": f"신문 {name}",
                    "base_url": f"{self.urls[0]}/{name}",
                    "standing_text": "실시간 뉴스 속보는,",
                    "standing_url": "https://newsdao.example",
                }
                site = sites.create(uow, known | fields, **by)
                _, token = keys.issue(uow, site.id, [Scope.PUBLISH, Scope.PARTNERS, Scope.READ], "tests", **by)
                uow.commit()
        finally:
            database.close()
        return Publisher(self.urls[0], site, token)

    def create_key(self, publisher: Publisher, *scopes: Scope) -> Publisher:
        """The publisher with another key of these scopes."""
        database = Database(self.settings.resolved_database_url)
        try:
            with database.write() as uow:
                _, token = keys.issue(uow, publisher.site.id, scopes, "tests", actor="tests", request_id="tests")
                uow.commit()
        finally:
            database.close()
        return Publisher(publisher.url, publisher.site, token)

    def log(self, *names: str) -> str:
        """The logs of the processes of these names, or of all."""
        files = [self.logs / f"{name}.log" for name in names] or sorted(self.logs.iterdir())
        return "\n".join(file.read_text() for file in files)

    def log_sizes(self) -> Mapping[Path, int]:
        return {file: file.stat().st_size for file in self.logs.iterdir()} if self.logs.exists() else {}

    def family(self, title: str) -> list[psutil.Process]:
        """The worker, or whatever has this in its command line, and its children."""
        for root in self.processes:
            everyone = [psutil.Process(root.pid), *psutil.Process(root.pid).children(recursive=True)]
            for process in everyone:
                if title in _title(process):
                    return [process, *process.children(recursive=True)]
        return []


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def up(folder: Path) -> Iterator[System]:
    """Everything by one `sokbo up`, on SQLite and its embedded Valkey."""
    output = folder / "output.txt"
    output.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sokbo", "up", "--port", "0", "--data", str(folder / "data")]
    with _running(command, output, {}) as process:

        def ready() -> str:
            said = output.read_text()
            assert process.poll() is None, said
            return said if "Ready" in said else ""

        match = _READY.search(eventually(ready, START_SECONDS))
        assert match is not None
        yield System(Settings(data=folder / "data"), [match[0]], folder / "data" / "logs", [process])


@contextmanager
def plain_processes(folder: Path, database_url: str, broker_port: int, ports: Sequence[int]) -> Iterator[System]:
    """A service on each port, a worker for each queue and beat, as on many machines: they share the database and Valkey only."""
    logs, broker = folder / "logs", folder / "broker"
    for made in (logs, broker):
        made.mkdir(mode=0o700)
    socket = broker / "valkey.sock"
    migrate(database_url)
    redis_url = f"redis://127.0.0.1:{broker_port}/0"
    environment = {"SOKBO_DATABASE_URL": database_url, "SOKBO_REDIS_URL": redis_url, "SOKBO_DATA": str(folder)}
    settings = Settings(data=folder, database_url=database_url, redis_url=redis_url)
    with ExitStack() as stack:

        def run(name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
            return stack.enter_context(_running(command, logs / f"{name}.log", environment | more))

        run(
            "broker",
            str(broker_process.find_server()),
            *broker_process.server_arguments(broker, socket),
            "--port",
            str(broker_port),
        )
        eventually(lambda: broker_process.answers(socket), START_SECONDS)
        processes = [
            *(run(f"service-{port}", sys.executable, "-m", "service", SOKBO_PORT=str(port)) for port in ports),
            *(run(name, sys.executable, "-m", "workers", name) for name in ("breaking", "default", "beat")),
        ]
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url in urls:
            eventually(lambda url=url: _is_ready(url), START_SECONDS)  # type: ignore[misc]  # mypy can't type a lambda's default
        try:
            yield System(settings, urls, logs, processes)
        finally:
            for process in processes:
                process.terminate()  # all together: each takes a moment


def _is_ready(url: str) -> bool:
    try:
        return ask("GET", f"{url}/readyz").status == 200
    except OSError:
        return False


@contextmanager
def _running(command: Sequence[str], output: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes all it says to `output`, and is told to end at the end."""
    with output.open("ab") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **SETTINGS, **environment},
            stdout=file,
            stderr=file,
            preexec_fn=end_with_parent,  # also when the tests are killed
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
