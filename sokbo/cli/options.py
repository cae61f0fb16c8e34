"""What the commands' options have in common: they lie over the environment's settings."""

from pathlib import Path

import click
from pydantic import ValidationError

from sokbo.errors import StartupError
from sokbo.settings import Settings

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that holds everything (SOKBO_DATA; ./data if not said).",
)
site_option = click.option("--site", required=True, metavar="NAME", help="The site's name.")


def load_settings(**given: object) -> Settings:
    """The settings of the environment under the options that were given; None counts as not given.

    Raises StartupError that names the settings and the rules they break.
    """
    options = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)  # type: ignore[arg-type]  # pydantic checks them, with the environment's
    except ValidationError as error:
        rules = [(".".join(map(str, each["loc"])).upper(), each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        broken = "; ".join(f"SOKBO_{name}: {rule}" for name, rule in rules)
        raise StartupError(broken) from error
