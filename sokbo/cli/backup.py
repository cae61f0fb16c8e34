"""`sokbo backup`: a copy of everything that matters, made while all runs."""

import sys
from pathlib import Path

import click

from sokbo.backups import check_embedded, write_backup
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option
from sokbo.settings import load_settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@data_option
def backup(file: Path, data: Path | None) -> None:
    """Write a backup to FILE, which must not exist, also while `sokbo up` runs.

    Keep it safe: with the key that is in it, anybody can sign in your name.
    """
    settings = load_settings(data=data)
    check_embedded(settings)
    with opened(data), click.progressbar(length=100, label="Copying", file=sys.stderr) as bar:
        write_backup(settings, file, lambda done, total: bar.update(100 * done // total - bar.pos), **by_command())
    click.echo(f"{file}: {file.stat().st_size / 1_000_000:.1f} MB, checked")
