"""`sokbo up` as real processes: the real Valkey, the real supervisor, stand-ins for the service and a worker."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from sokbo import broker_process
from sokbo.cli.public_url import note_url
from sokbo.settings import Settings

STANDINS = Path(__file__).parent / "standins"
DEADLINE_SECONDS = 15.0


def wait_for(condition: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(condition)
        time.sleep(0.01)


class Up:
    """One `sokbo up` in a process group of its own, as a shell would start it."""

    def __init__(self, data: Path, output: Path, *options: str, port: int = 0, shutdown_seconds: float = 10.0):
        self.settings = Settings(data=data)
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, str(STANDINS / "up.py"), str(data), str(port), *options],
                env=os.environ | {"PYTHONPATH": str(STANDINS), "SOKBO_SHUTDOWN_SECONDS": str(shutdown_seconds)},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_it_says(self, text: str) -> None:
        def said() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.output)
            return text in self.output

        wait_for(said)

    def wait_until_it_is_ready(self) -> None:
        """Its worker too, which `sokbo up` doesn't wait for."""
        self.wait_until_it_says("Ready")
        wait_for((self.settings.data / "breaking.began").exists)

    def everything(self) -> list[psutil.Process]:
        """The supervisor's children, grandchildren and so on, as they are now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        return next(process for process in self.everything() if name in title(process))

    def is_alive_again(self, name: str, before: psutil.Process) -> bool:
        return any(name in title(process) and process.pid != before.pid for process in self.everything())


def title(process: psutil.Process) -> str:
    """What `ps` calls it; "" once it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start_one(*options: str, data: Path = tmp_path / "data", port: int = 0, shutdown_seconds: float = 10.0) -> Up:
        output = tmp_path / f"output-{len(started)}"
        started.append(Up(data, output, *options, port=port, shutdown_seconds=shutdown_seconds))
        return started[-1]

    yield start_one
    for up in started:
        up.process.kill()
        up.process.wait()
        shutil.rmtree(up.settings.broker_socket.parent, ignore_errors=True)  # it may lie outside of tmp_path


def wait_for_the_end_of(processes: list[psutil.Process], seconds: float) -> None:
    wait_for(lambda: all(map(has_ended, processes)), seconds)


def has_ended(process: psutil.Process) -> bool:
    """True for a zombie too: when process 1 gets to reaping an orphan is its own affair."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_whatever_is_killed_starts_again(start: Callable[..., Up]) -> None:
    up = start()
    up.wait_until_it_is_ready()
    for title in ("sokbo: service", "sokbo: breaking", "valkey-server"):
        victim = up.child(title)
        family = [victim, *victim.children(recursive=True)]

        victim.kill()

        wait_for_the_end_of(family, DEADLINE_SECONDS)
        wait_for(partial(up.is_alive_again, title, victim))
    wait_for(lambda: broker_process.answers(up.settings.broker_socket))
    for name in ("service", "breaking", "broker"):
        assert f"{name} was killed by SIGKILL; starts again in 0.1 s" in up.output


@pytest.mark.parametrize(("number", "to_group"), [(signal.SIGTERM, False), (signal.SIGINT, True)])
def test_asked_to_stop_it_drains_and_leaves_nothing(start: Callable[..., Up], number: int, to_group: bool) -> None:
    up = start()
    up.wait_until_it_is_ready()
    everything = up.everything()

    if to_group:
        os.killpg(up.process.pid, number)
    else:
        up.process.send_signal(number)

    assert up.process.wait(DEADLINE_SECONDS) == 0, up.output
    assert all(map(has_ended, everything))
    assert {path.name for path in up.settings.data.glob("*.drained")} == {"service.drained", "breaking.drained"}
    assert "killed" not in up.output


def test_second_interrupt_kills_at_once(start: Callable[..., Up]) -> None:
    up = start("stubborn", shutdown_seconds=600.0)
    up.wait_until_it_is_ready()
    everything = up.everything()

    up.process.send_signal(signal.SIGINT)
    wait_for((up.settings.data / "service.drained").exists)
    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(DEADLINE_SECONDS) == 130, up.output
    assert all(map(has_ended, everything))


def test_child_that_does_not_stop_in_its_time_is_killed_with_its_own_children(start: Callable[..., Up]) -> None:
    up = start("stubborn", shutdown_seconds=0.2)
    up.wait_until_it_is_ready()
    everything = up.everything()

    up.process.terminate()

    assert up.process.wait(DEADLINE_SECONDS) == 0, up.output
    assert "breaking was still busy and is killed" in up.output
    assert all(map(has_ended, everything))


def test_nothing_outlives_a_supervisor_that_is_killed(start: Callable[..., Up]) -> None:
    up = start("stubborn")
    up.wait_until_it_is_ready()
    everything = up.everything()
    assert len(everything) == 4  # broker, service, worker, its pool child

    up.process.kill()

    wait_for_the_end_of(everything, 5.0)


def test_second_start_on_a_folder_is_refused_in_one_line(start: Callable[..., Up]) -> None:
    up = start()
    up.wait_until_it_is_ready()

    note_url(up.settings.data, "http://127.0.0.1:8181")  # which the stand-in for `prepare` leaves to us

    second = start()

    assert second.process.wait(DEADLINE_SECONDS) == 1
    assert second.output == f"Error: {up.settings.data} is in use by `sokbo up` (pid {up.process.pid}) at http://127.0.0.1:8181\n"


def test_folder_is_free_again_after_a_kill_and_the_key_is_shown_once(start: Callable[..., Up]) -> None:
    up = start()
    up.wait_until_it_is_ready()
    assert "Authorization: Bearer sokbo_0123456789abcdef" in up.output
    up.process.kill()
    up.process.wait()

    again = start()

    again.wait_until_it_is_ready()
    assert "sokbo_" not in again.output


def test_taken_port_is_refused_in_one_line(start: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        up = start(port=port)

        assert up.process.wait(DEADLINE_SECONDS) == 1
    assert up.output == f"Error: can't listen on 127.0.0.1 port {port}: another program listens there\n"


def remove_its_socket(up: Up) -> None:
    up.settings.broker_socket.unlink()


def freeze_it(up: Up) -> None:
    up.child("valkey-server").suspend()


@pytest.mark.parametrize("harm", [remove_its_socket, freeze_it])
def test_broker_that_no_longer_answers_is_replaced(start: Callable[..., Up], harm: Callable[[Up], None]) -> None:
    up = start()
    up.wait_until_it_is_ready()
    victim = up.child("valkey-server")

    harm(up)

    wait_for(partial(up.is_alive_again, "valkey-server", victim))
    wait_for(lambda: broker_process.answers(up.settings.broker_socket))
    assert up.output.count("broker no longer answered and was killed; starts again in 0.1 s\n") == 1


def test_crash_loop_quotes_the_log_and_stops_nobody_else(start: Callable[..., Up]) -> None:
    up = start("broken")

    up.wait_until_it_says("breaking ended with exit code 1; starts again in 0.4 s; its log ends: no such setting: SOKBO_COLOUR")
    up.wait_until_it_says("Ready")


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("no-database", "the database is newer than this Sokbo"),
        ("broken-migration", "prepare failed; its log ends: ValueError: no such column: title ({logs}/prepare.log)"),
    ],
)
def test_database_that_can_not_be_made_ready_ends_the_start(start: Callable[..., Up], option: str, error: str) -> None:
    up = start(option)

    assert up.process.wait(DEADLINE_SECONDS) == 1
    assert up.output.endswith(f"\nError: {error.format(logs=up.settings.data / 'logs')}\n")
    assert not broker_process.answers(up.settings.broker_socket)


def test_data_folder_is_private_and_may_have_a_long_name(start: Callable[..., Up], tmp_path: Path) -> None:
    data = tmp_path / ("long-" * 25) / '속보 "데이터" ?a=#b%20$c;\'d'
    up = start(data=data)
    up.wait_until_it_is_ready()

    assert broker_process.answers(up.settings.broker_socket)
    for folder in (data, data / "broker", data / "logs", up.settings.broker_socket.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_broker_that_does_not_answer_is_told_of(start: Callable[..., Up], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_REDIS_URL", "redis://127.0.0.1:1/0")
    up = start()
    up.wait_until_it_says("Ready")
    assert "! The broker doesn't answer" in up.output


def test_later_start_says_where_the_sites_are(start: Callable[..., Up]) -> None:
    first = start()
    first.wait_until_it_is_ready()
    assert "0.example" not in first.output
    first.process.terminate()
    first.process.wait(DEADLINE_SECONDS)
    later = start()
    later.wait_until_it_says("2 more: `sokbo site list`")
    assert all(f"https://{number}.example/" in later.output for number in range(3))
