"""What the commands' options have in common: they lie over the environment's settings."""

from pathlib import Path

import click

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that holds everything (SOKBO_DATA; ./data if not said).",
)
site_option = click.option("--site", required=True, metavar="NAME", help="The site's name.")
