"""The Dockerfile and docker-compose.yml, held to what can be known of them without an engine."""

import re

import pytest

from sokbo import broker_process
from sokbo.cli import COMMANDS
from sokbo.domain.event import Lane
from sokbo.settings import Settings
from tests.integration.compose import COMPOSE, OURS, ROOT, SERVICES

DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = {f"SOKBO_{name.upper()}" for name in Settings.model_fields}
#: Read by the compose file itself, not by Sokbo.
COMPOSE_ONLY = {"SOKBO_PUBLISH", "POSTGRES_PASSWORD"}


def test_all_processes_are_there() -> None:
    commands = [" ".join(service["command"]) for service in OURS.values()]

    assert commands.count("python -m service") == 2
    assert {f"python -m workers {lane}" for lane in Lane} < set(commands)
    assert {"python -m workers beat", "sokbo migrate"} < set(commands)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_says_how_it_does(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    assert check == {"disable": True} if name == "migrate" else check["test"][0] == "CMD"


def test_environment_names_real_settings() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    for service in OURS.values():
        assert service["environment"].keys() <= SETTINGS
    assert set(re.findall(r"\$\{(\w+)", text)) <= SETTINGS | COMPOSE_ONLY
    assert set(re.findall(r"\bSOKBO_\w+", DOCKERFILE)) <= SETTINGS


def test_secrets_have_no_defaults() -> None:
    for name in ("SOKBO_SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}(..)", (ROOT / "docker-compose.yml").read_text())
        assert uses
        assert set(uses) == {":?"}


def test_everything_of_ours_waits_for_the_schema() -> None:
    for name, service in OURS.items():
        if name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_broker_runs_as_the_embedded_one_does() -> None:
    options = SERVICES["valkey"]["command"][1:]
    embedded = broker_process.server_arguments(ROOT, ROOT / "socket")
    pairs = zip(options[::2], options[1::2], strict=True)

    assert set(pairs) <= set(zip(embedded[::2], embedded[1::2], strict=True))


def test_image_runs_without_privileges_on_locked_packages() -> None:
    instructions = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]

    assert "USER sokbo" in instructions
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert re.search(r'HEALTHCHECK .*CMD \["sokbo", "(\w+)"\]', DOCKERFILE)[1] in COMMANDS  # type: ignore[index]  # it is there
    assert COMPOSE["x-sokbo"]["image"].startswith("sokbo:")


def test_builder_gets_what_the_image_copies_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert {path for paths in copied for path in paths.split()} == admitted
