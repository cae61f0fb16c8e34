from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from sokbo.settings import MAX_SOCKET_PATH_BYTES, Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SOKBO_{name.upper()}", raising=False)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_CALLBACK_ALLOW", "127.0.0.0/8, fd00::/8,")
    monkeypatch.setenv("SOKBO_RETRY_SCHEDULE", "0.1, 5,30")
    settings = Settings()
    assert settings.callback_allow == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.retry_schedule == (0.1, 5.0, 30.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLBACK_ALLOW", "127.0.0.1/8"),
        ("CALLBACK_ALLOW", "localhost"),
        ("RETRY_SCHEDULE", "soon"),
        ("RETRY_SCHEDULE", "5,-1"),
        ("RETRY_SCHEDULE", "5,inf"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "c2hvcnQ="),
        ("REDIS_URL", "http://cache/0"),
        ("PORT", "70000"),
        ("FEED_ENTRIES", "0"),
        ("LEASE_SECONDS", "0"),
        ("LEASE_SECONDS", "inf"),
        ("SHUTDOWN_SECONDS", "nan"),
        ("BREAKER_PROBE_SECONDS", "1e300"),
        ("RETRY_SCHEDULE", "1e300"),
        ("KEEP_EVENTS_DAYS", "1000000000"),
        ("DATABASE_URL", "mysql://db/sokbo"),
        ("DATABASE_URL", "sqlite:///sokbo.db"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SOKBO_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_everything_embedded_lies_in_the_data_folder_unless_urls_say_otherwise(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).resolved_database_url == f"sqlite:///{tmp_path}/sokbo.db"
    assert Settings(data=tmp_path, database_url="postgresql://db/sokbo").resolved_database_url == "postgresql://db/sokbo"
    assert Settings(host="0.0.0.0", port=81).resolved_public_url == "http://127.0.0.1:81"
    assert Settings(public_url="https://news.example/").resolved_public_url == "https://news.example"


def test_brokers_socket_has_a_path_that_fits() -> None:
    short, long = Settings(data=Path("/d")).broker_socket, Settings(data=Path("/d" + "x" * 200)).broker_socket
    assert short == Path("/d/broker/valkey.sock")
    assert len(bytes(long)) <= MAX_SOCKET_PATH_BYTES
    assert long == Settings(data=Path("/d" + "x" * 200)).broker_socket


def test_every_setting_has_a_help_text_and_a_default() -> None:
    Settings()
    assert all(field.description for field in Settings.model_fields.values())
