import base64
import stat
import threading
from pathlib import Path

import pytest

from sokbo.errors import StartupError
from sokbo.net.secret_key import FILE_NAME, load_secret_key
from sokbo.settings import Settings, load_settings


def test_key_of_the_settings_is_used_and_no_file_made(tmp_path: Path) -> None:
    key = bytes(range(32))
    assert load_secret_key(Settings(data=tmp_path, secret_key=base64.b64encode(key).decode())) == key
    assert list(tmp_path.iterdir()) == []


def test_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    key = load_secret_key(settings)
    assert len(key) == 32
    assert load_secret_key(settings) == key
    assert [path.name for path in settings.data.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((settings.data / FILE_NAME).stat().st_mode) == 0o600


def test_racing_starters_agree_on_one_key(tmp_path: Path) -> None:
    settings, together = Settings(data=tmp_path), threading.Barrier(8)
    keys: list[bytes] = []

    def start() -> None:
        together.wait()
        keys.append(load_secret_key(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64!", "비밀"])
def test_unusable_file_stops_the_start_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text)
    with pytest.raises(StartupError, match=str(path)):
        load_secret_key(Settings(data=tmp_path))
    assert path.read_text() == text


def test_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.mkdir()
    with pytest.raises(StartupError) as stopped:
        load_secret_key(Settings(data=tmp_path))
    assert str(stopped.value) == f"the secret key can't be read or made: {path}: Is a directory"


def test_file_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.write_text("in the way")
    with pytest.raises(StartupError) as stopped:
        load_secret_key(Settings(data=folder))
    assert str(stopped.value) == f"the secret key can't be read or made: {folder}: File exists"


def test_unusable_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_SECRET_KEY", "c2hvcnQ=")
    with pytest.raises(StartupError) as stopped:
        load_settings()
    assert str(stopped.value) == "SOKBO_SECRET_KEY: must be 32 bytes in base64, not 5"
