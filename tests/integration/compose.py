"""docker-compose.yml as plain processes on one machine: its commands, its environment, its health checks."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sokbo import broker_process
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: Those that run our image, not another project's.
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("sokbo:")}
HTTP_SERVICES = ("service1", "service2")
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
NGINX_CONF = ROOT / "deploy" / "nginx.conf"
CONTAINER_PORT = 8080
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the compose file starts. `ports` are those of nginx and the services, by their names."""

    environment: dict[str, str]
    ports: dict[str, int]

    def run(self, command: Sequence[str]) -> str:
        """The output of one of our commands, which must end well."""
        done = subprocess.run(local(command), env=self.environment, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        command = [
            word.replace(str(CONTAINER_PORT), str(self.ports.get(name, 0))) for word in SERVICES[name]["healthcheck"]["test"][1:]
        ]
        done = subprocess.run(local(command), env=self.environment, capture_output=True, check=False, timeout=30)
        return done.returncode == 0


def local(command: Sequence[str]) -> list[str]:
    """A container's command with this environment's interpreter."""
    program, *arguments = command
    return [{"python": sys.executable, "sokbo": str(Path(sys.executable).with_name("sokbo"))}[program], *arguments]


def nginx_command(folder: Path, ports: dict[str, int]) -> list[str]:
    """The compose file's nginx, on our ports: its configuration is changed in nothing else."""
    text = NGINX_CONF.read_text()
    replacements = {f"listen {CONTAINER_PORT};": f"listen 127.0.0.1:{ports['nginx']};"}
    replacements |= {f"server {name}:{CONTAINER_PORT};": f"server 127.0.0.1:{ports[name]};" for name in HTTP_SERVICES}
    for theirs, ours in replacements.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    (folder / "nginx.conf").write_text(text)
    cache = folder / "nginx"
    cache.mkdir(exist_ok=True)
    _, prefix, _, configuration, _, directives = SERVICES["nginx"]["command"][1:]
    paths = {prefix: f"{cache}/", configuration: str(folder / "nginx.conf")}
    # Where tests run as root, nginx would give its work to a user that may not enter the test's folder.
    paths[directives] = f"{directives} user root;" if os.geteuid() == 0 else directives
    return [str(NGINX), *(paths.get(word, word) for word in SERVICES["nginx"]["command"][1:])]


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [listener.getsockname()[1] for listener in sockets]


@contextmanager
def deployed(folder: Path, database_url: str) -> Iterator[Deployment]:
    """Everything but PostgreSQL, in the order of the compose file's dependencies, until the context ends."""
    names = ["nginx", *HTTP_SERVICES, "valkey"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SOKBO_")}
    deployment = Deployment(
        clean
        | {
            "SOKBO_DATA": str(folder / "data"),
            "SOKBO_DATABASE_URL": database_url,
            "SOKBO_REDIS_URL": f"redis://127.0.0.1:{ports['valkey']}/0",
            "SOKBO_PUBLIC_URL": f"http://127.0.0.1:{ports['nginx']}",
            "SOKBO_TRUSTED_PROXIES": "127.0.0.0/8",  # where the network of the containers would be
        },
        ports,
    )
    options = [*SERVICES["valkey"]["command"][1:], "--port", str(ports["valkey"]), "--dir", str(folder)]
    ours = [Start(local(OURS[name]["command"]), {"SOKBO_PORT": str(ports.get(name, 0))}) for name in OURS if name != "migrate"]
    with running(deployment, folder / "log", Start([str(broker_process.find_server()), *options])):
        deployment.run(SERVICES["migrate"]["command"])
        with running(deployment, folder / "log", *ours, Start(nginx_command(folder, ports))):
            eventually(lambda: all(deployment.is_healthy(name) for name in HTTP_SERVICES), START_SECONDS)
            yield deployment


@dataclass(frozen=True, slots=True)
class Start:
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def running(deployment: Deployment, log: Path, *starts: Start) -> Iterator[None]:
    """The processes, until they are told to end together and have ended."""
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(start.command, env=deployment.environment | start.environment, stdout=output, stderr=output)
            for start in starts
        ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
