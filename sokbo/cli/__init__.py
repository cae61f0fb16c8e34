"""The `sokbo` command. Each sub-command is a module that is imported only when it is asked for, so that each starts fast."""

from importlib import import_module

import click

from sokbo import __version__
from sokbo.errors import SokboError

#: A command's name -> where it is, "module:attribute".
COMMANDS = {
    "backup": "sokbo.cli.backup:backup",
    "check": "sokbo.cli.check:check",
    "key": "sokbo.cli.key:key",
    "migrate": "sokbo.cli.migrate:migrate",
    "partner": "sokbo.cli.partner:partner",
    "rebuild": "sokbo.cli.rebuild:rebuild",
    "restore": "sokbo.cli.restore:restore",
    "selection": "sokbo.cli.selection:selection",
    "site": "sokbo.cli.site:site",
    "up": "sokbo.cli.up:up",
}


class LazyGroup(click.Group):
    """A group whose commands are in `COMMANDS`; an error of ours becomes one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is no click command")
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SokboError as error:
            raise click.ClickException(error.full_message) from error


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="sokbo")
def main() -> None:
    """Sokbo syndicates news: one POST becomes feeds, pages and signed pushes to partner sites."""
