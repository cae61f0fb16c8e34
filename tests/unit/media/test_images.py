"""The process that decodes: its limits, and what it can't see."""

import subprocess
import sys
from pathlib import Path

import pytest

from sokbo.media import images
from tests.pictures import jpeg


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    file = tmp_path / "upload"
    file.write_bytes(jpeg(400, 200))
    return file


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Puts a shell script in the interpreter's place."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_image_is_cleaned_and_resized_in_another_process(upload: Path, tmp_path: Path) -> None:
    cleaned = images.clean(upload, tmp_path, 1_000_000)
    assert (cleaned.type, cleaned.width, cleaned.height, cleaned.animated) == ("image/jpeg", 400, 200, False)

    assert [(made.type, made.width) for made in images.resize(cleaned.file, tmp_path, [320])] == [
        ("image/webp", 320),
        ("image/jpeg", 320),
    ]


def test_rule_that_is_broken_is_told(upload: Path, tmp_path: Path) -> None:
    upload.write_bytes(b"<svg/>")

    with pytest.raises(images.Undecodable, match="must be a JPEG, PNG, WebP or GIF image"):
        images.clean(upload, tmp_path, 1_000_000)


def test_process_that_dies_refuses_the_image(upload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, "kill -SEGV $$")

    with pytest.raises(images.Undecodable, match="within the limits"):
        images.clean(upload, tmp_path, 1_000_000)


def test_process_that_takes_too_long_is_ended(upload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, "exec sleep 100")
    monkeypatch.setattr(images, "TIMEOUT_SECONDS", 0.05)

    with pytest.raises(images.Undecodable, match="so long"):
        images.clean(upload, tmp_path, 1_000_000)


def test_process_sees_no_setting_and_no_secret(upload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, f"env > {tmp_path}/seen; echo '{{\"made\": []}}'")
    monkeypatch.setenv("SOKBO_SECRET_KEY", "c2VjcmV0")
    monkeypatch.setenv("SOKBO_DATABASE_URL", "postgresql://user:password@host/name")

    images.resize(upload, tmp_path, [320])

    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "SOKBO" not in seen


def test_memory_and_time_of_the_process_are_limited(upload: Path, tmp_path: Path) -> None:
    program = (
        "import resource, sys; from sokbo.media import imaging; imaging.main(sys.argv[1:]);"
        "print(*(resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)))"
    )
    command = [sys.executable, "-c", program, "clean", str(upload), str(tmp_path), "1000000"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said.endswith("}30 268435456 0\n")
