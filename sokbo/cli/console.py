"""What `sokbo up` says to the person at the terminal: brief lines, colored only where color can be seen."""

import os
from contextlib import suppress
from typing import TextIO

import click


class Console:
    """Writes lines to a stream, with color if it is a terminal and NO_COLOR isn't set."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._color = stream.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str = "") -> None:
        # The terminal may be closed already; that must not keep anyone from draining the children.
        with suppress(OSError):
            click.echo(text, file=self._stream, color=self._color)

    def heading(self, text: str) -> None:
        self.say(click.style(text, bold=True))

    def item(self, name: str, text: str) -> None:
        self.say(f"  {click.style(f'{name:<10}', fg='cyan')} {text}")

    def good(self, text: str) -> None:
        self.say(click.style(text, fg="green"))

    def warn(self, text: str) -> None:
        self.say(click.style(f"! {text}", fg="yellow"))
