"""`sokbo restore`: a data folder from a backup."""

from pathlib import Path

import click

from sokbo.backups import check_embedded, restore_backup
from sokbo.cli.opening import by_command
from sokbo.cli.options import data_option
from sokbo.cli.startup_checks import RESTORE, claimed
from sokbo.settings import load_settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Put aside what is in the data folder, within it.")
@data_option
def restore(file: Path, force: bool, data: Path | None) -> None:
    """Fill the data folder from the backup FILE. Nothing may run on it."""
    settings = load_settings(data=data)
    check_embedded(settings)
    with claimed(settings.data, RESTORE):
        aside = restore_backup(settings, file, replace=force, **by_command())
    if aside is not None:
        click.echo(f"What was there is in {aside}")
    click.echo(f"{settings.data} is as {file} has it.")
