import os
import pty
from collections.abc import Iterator
from io import StringIO
from typing import TextIO

import pytest

from sokbo.cli.console import Console


@pytest.fixture
def terminal() -> Iterator[tuple[TextIO, int]]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream, ours
    os.close(ours)


def test_terminal_gets_color(terminal: tuple[TextIO, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream, ours = terminal

    Console(stream).warn("beat died")

    assert os.read(ours, 100) == b"\x1b[33m! beat died\x1b[0m\r\n"


def test_no_color_is_honoured(terminal: tuple[TextIO, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream, ours = terminal

    Console(stream).warn("beat died")

    assert os.read(ours, 100) == b"! beat died\r\n"


def test_file_gets_plain_text() -> None:
    stream = StringIO()

    Console(stream).item("data", "/srv/sokbo")

    assert stream.getvalue() == "  data       /srv/sokbo\n"


def test_terminal_that_is_gone_stops_nobody() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as raw:
        console = Console(Unbuffered(raw.fileno()))

        console.say("Stopping")


class Unbuffered(StringIO):
    """Text straight into a file, as to a terminal."""

    def __init__(self, descriptor: int):
        super().__init__()
        self._descriptor = descriptor

    def write(self, text: str, /) -> int:
        return os.write(self._descriptor, text.encode())
