"""The system under fire: `sokbo up` on SQLite, or PostgreSQL, Valkey, two services, three workers and two beats."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from chaos.clock import Clock
from chaos.postgresql import NAME as POSTGRESQL
from chaos.postgresql import Server, initialised
from chaos.programs import Keeper, Program
from sokbo import broker_process
from sokbo.cli.startup_checks import free_port
from sokbo.errors import StartupError
from sokbo.settings import Settings

HOST = "127.0.0.1"
SITE = "news"
UP = "up"
#: Below the ports that connections take for themselves: a service that starts again must find its own free.
PORTS = range(20_000, 32_000)
SETTINGS = {
    "SOKBO_CALLBACK_ALLOW": "127.0.0.0/8",
    "SOKBO_RETRY_SCHEDULE": "1,1,2,2,4,4,8,8,15,15,30,30,60,60",
    "SOKBO_FEED_ENTRIES": "500",
    "SOKBO_SHUTDOWN_SECONDS": "3",
}
_BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class System:
    """`targets` are the names of its parts; `urls` those of its services; `clock` is theirs."""

    keeper: Keeper
    clock: Clock
    settings: Settings
    targets: Sequence[str]
    urls: Sequence[str]
    api_key: str

    @property
    def is_embedded(self) -> bool:
        return UP in self.keeper.running

    def families(self) -> dict[str, list[psutil.Process]]:
        """Each part that runs now, by its name: its first process, and that one's children."""
        leaders = {name: running.pid for name, running in self.keeper.running.items()}
        families = {}
        for name, pid in leaders.items():
            with suppress(psutil.NoSuchProcess):
                leader = psutil.Process(pid)
                families[name] = [leader]
                for child in leader.children():
                    family = [child, *child.children(recursive=True)]
                    if self.is_embedded and (part := _log_name(child)) is not None:
                        families[part] = family
                    else:
                        families[name] += family
        return families


def _log_name(process: psutil.Process) -> str | None:
    """The name of the log that the process writes to, by which its supervisor calls it."""
    try:
        return Path(f"/proc/{process.pid}/fd/1").readlink().stem
    except OSError:
        return None


@contextmanager
def prepared(folder: Path, database: str, rng: random.Random) -> Iterator[System]:
    """A system that is ready to be started, with its database, a site and a key; what it left running is ended."""
    logs = folder / "logs"
    logs.mkdir(parents=True)
    clock = Clock.make(folder)
    if database == "postgresql":
        with initialised(folder) as server:
            system = _deployment(folder, logs, server, clock, rng)
    else:
        system = _embedded(folder, logs, clock, rng)
    try:
        yield system
    finally:
        system.keeper.stop()


def _embedded(folder: Path, logs: Path, clock: Clock, rng: random.Random) -> System:
    port = _port(rng)
    environment = _environment(folder, port)
    command = [str(_BIN / "sokbo"), "up", "--host", HOST, "--port", str(port), "--data", str(folder / "data")]
    return System(
        keeper=Keeper(logs, [Program(UP, command, environment | clock.environment)]),
        clock=clock,
        settings=_settings(environment),
        targets=(UP, "broker", "service", "beat", "breaking", "default"),
        urls=(f"http://{HOST}:{port}",),
        api_key=_first_steps(environment),
    )


def _deployment(folder: Path, logs: Path, server: Server, clock: Clock, rng: random.Random) -> System:
    ports = {"service1": _port(rng), "service2": _port(rng)}
    broker_port = _port(rng)
    environment = _environment(folder, ports["service1"]) | {
        "SOKBO_DATABASE_URL": server.url,
        "SOKBO_REDIS_URL": f"redis://{HOST}:{broker_port}/0",
    }
    broker = [str(broker_process.find_server()), "--bind", HOST, "--port", str(broker_port), "--dir", str(folder)]
    broker += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    seen = environment | clock.environment
    python = sys.executable
    programs = [
        Program(POSTGRESQL, server.command, seen, stop_order=4, user=server.user),
        Program("broker", broker, seen, stop_order=3),
        *(Program(name, [python, "-m", "service"], seen | {"SOKBO_PORT": str(port)}) for name, port in ports.items()),
        Program("breaking", [python, "-m", "workers", "breaking"], seen, stop_order=2),
        Program("default", [python, "-m", "workers", "default"], seen, stop_order=2),
        Program("both", [python, "-m", "workers", "breaking", "default"], seen, stop_order=2),
        *(Program(name, [python, "-m", "workers", "beat"], seen) for name in ("beat1", "beat2")),
    ]
    return System(
        keeper=Keeper(logs, programs),
        clock=clock,
        settings=_settings(environment),
        targets=[program.name for program in programs],
        urls=[f"http://{HOST}:{port}" for port in ports.values()],
        api_key=_first_steps(environment),
    )


def _port(rng: random.Random) -> int:
    while True:
        with suppress(StartupError):
            return free_port(HOST, rng.choice(PORTS))


def _environment(folder: Path, port: int) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SOKBO_")}
    own = {"SOKBO_DATA": str(folder / "data"), "SOKBO_HOST": HOST, "SOKBO_PORT": str(port)}
    return clean | SETTINGS | own | {"SOKBO_PUBLIC_URL": f"http://{HOST}:{port}"}


def _settings(environment: Mapping[str, str]) -> Settings:
    said = {name.removeprefix("SOKBO_").lower(): value for name, value in environment.items() if name.startswith("SOKBO_")}
    return Settings.model_validate(said)


def _first_steps(environment: Mapping[str, str]) -> str:
    """The API key of a new site, made by the commands that an operator uses."""
    _sokbo(environment, "migrate")
    _sokbo(environment, "site", "create", SITE, "--title", "Chaos")
    scopes = [word for scope in ("publish", "partners", "read") for word in ("--scope", scope)]
    return _sokbo(environment, "key", "create", "--site", SITE, *scopes).splitlines()[-1]


def _sokbo(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run([str(_BIN / "sokbo"), *arguments], env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sokbo {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout
