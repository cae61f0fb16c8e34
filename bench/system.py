"""The system that is measured: a real `sokbo up`, with a folder of its own on the disk, that ends with the measurement."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from sokbo import keys, partners, sites
from sokbo.cli.startup_checks import free_port
from sokbo.domain.key import Scope
from sokbo.domain.site import Site
from sokbo.lifeline import end_with_parent
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings
from sokbo.storage import Database, migrate

HOST = "127.0.0.1"
#: Kept over restarts (Filesystem Hierarchy Standard section 5.15), so on a disk, where /tmp may be memory.
FOLDER = Path("/var/tmp")
SITE = "bench"
ACTOR = "bench"
START_SECONDS = 30.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class System:
    """`secrets` are the partners', by their URLs."""

    settings: Settings
    process: subprocess.Popen[bytes]
    site: Site
    api_key: str
    secrets: dict[str, str]


@contextmanager
def running(partner_urls: Sequence[str] = ()) -> Iterator[System]:
    """A system with one site and these partners, who hear breaking news only; it is ready, and idle.

    Raises RuntimeError if it doesn't start.
    """
    with tempfile.TemporaryDirectory(prefix="sokbo-bench-", dir=FOLDER) as folder:
        data = Path(folder) / "data"
        settings = Settings.model_validate({"data": data, "port": free_port(HOST, 0), "callback_allow": "127.0.0.0/8"})
        data.mkdir(mode=0o700)
        site, api_key, secrets = _prepare(settings, partner_urls)
        with _up(settings, Path(folder) / "output") as process:
            yield System(settings, process, site, api_key, secrets)


def _prepare(settings: Settings, partner_urls: Sequence[str]) -> tuple[Site, str, dict[str, str]]:
    migrate(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    sealer = Sealer(load_secret_key(settings))
    origin = {"actor": ACTOR, "request_id": ACTOR}
    fields = {"name": SITE, "title": "속보", "base_url": f"{settings.resolved_public_url}/{SITE}"}
    secrets: dict[str, str] = {}
    with database.write() as uow:
        site = sites.create(uow, fields, **origin)
        _, api_key = keys.issue(uow, site.id, [Scope.PUBLISH], "bench", **origin)
        for url in partner_urls:
            wanted = partners.parse({"name": url, "url": url, "filter": {"breaking_only": True}}, settings.callback_allow)
            partner, verified_with = partners.register(uow, sealer, site.id, wanted, **origin)
            secrets[partner.url] = verified_with["secret"]
        uow.commit()
    database.close()
    return site, api_key, secrets


@contextmanager
def _up(settings: Settings, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(Path(sys.executable).with_name("sokbo")), "up"]
    command += ["--host", settings.host, "--port", str(settings.port), "--data", str(settings.data)]
    allowed = ",".join(map(str, settings.callback_allow))
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"SOKBO_CALLBACK_ALLOW": allowed},
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
        )
    try:
        wait_until(lambda: "Ready" in output.read_text() or process.poll() is not None, START_SECONDS)
        if process.poll() is not None:
            raise RuntimeError(f"sokbo up ended: {output.read_text()}")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Returns once the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing after {seconds:g} s")
        time.sleep(POLL_SECONDS)


def file_system(path: Path) -> str:
    """The type of the file system that holds the path, such as "ext4"."""
    mounts = [mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else "an unknown file system"
