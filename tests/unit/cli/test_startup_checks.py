import os
import socket
from pathlib import Path

import pytest

from sokbo.cli.startup_checks import UP, claimed, free_port, private_folder
from sokbo.errors import StartupError


def test_claimed_folder_is_made_closed_to_others_and_released(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    with claimed(data, UP):
        assert data.stat().st_mode & 0o777 == 0o700
        with pytest.raises(StartupError, match="in use by `sokbo up`"), claimed(data, UP):
            pass

    with claimed(data, UP):
        pass


def test_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(StartupError, match=r"can't use .*/data as a folder"):
        private_folder(tmp_path / "data")


def test_open_folder_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)

    private_folder(tmp_path / "data")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path if os.geteuid() == 0 else Path("/usr")
    if os.geteuid() == 0:
        os.chown(theirs, 12345, -1)

    with pytest.raises(StartupError, match=f"{theirs} belongs to another user"):
        private_folder(theirs)


def test_port_zero_becomes_a_free_one() -> None:
    port = free_port("127.0.0.1", 0)

    with socket.create_server(("127.0.0.1", port)):
        pass


def test_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=f"^can't listen on 127.0.0.1 port {port}: another program listens there$"):
            free_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_address_that_is_not_ours_is_refused(host: str) -> None:
    with pytest.raises(StartupError, match=r"^can't listen on"):
        free_port(host, 8080)
