"""`sokbo migrate`: brings the database's schema up to date, where `sokbo up` doesn't."""

from pathlib import Path

import click

from sokbo.cli.options import data_option
from sokbo.cli.startup_checks import private_folder
from sokbo.settings import load_settings
from sokbo.storage import migrate as migrate_database


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's schema up to date."""
    settings = load_settings(data=data)
    if not settings.database_url:
        private_folder(settings.data)
    before, after = migrate_database(settings.resolved_database_url)
    if before == after:
        click.echo(f"The schema is at {after} already.")
    else:
        click.echo(f"{before or 'nothing'} -> {after}")
