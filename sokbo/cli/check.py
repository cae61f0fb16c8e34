"""`sokbo check`: whether this place reaches what it needs and the work gets done; for health checks of what speaks no HTTP."""

from pathlib import Path

import click

from sokbo.broker import broker_answers
from sokbo.cli.opening import check_started
from sokbo.cli.options import data_option
from sokbo.domain.event import Lane
from sokbo.settings import Settings, load_settings
from sokbo.storage import Database

MAX_AGE_SECONDS = 30.0


@click.command()
@click.option("--lane", "lanes", multiple=True, type=click.Choice([lane.value for lane in Lane]), help="Only this queue.")
@click.option(
    "--max-age",
    "max_age_seconds",
    type=click.FloatRange(min=0),
    default=MAX_AGE_SECONDS,
    show_default=True,
    help="Seconds that an event may wait for its documents.",
)
@data_option
def check(lanes: tuple[str, ...], max_age_seconds: float, data: Path | None) -> None:
    """Exit with 0 if the database and the broker answer and no event waits for too long, else with 1.

    Due deliveries are not looked at: one may wait for good reasons, such as an earlier one that its partner doesn't take.
    """
    settings = load_settings(data=data)
    waiting = _waiting(settings)
    if not broker_answers(settings):
        raise click.ClickException("the broker doesn't answer")
    for lane in map(Lane, lanes or Lane):
        number, age_seconds = waiting[lane]
        if age_seconds > max_age_seconds:
            raise click.ClickException(f"queue {lane}: {number} waiting, the oldest for {age_seconds:.0f} s")
    click.echo("ok")


def _waiting(settings: Settings) -> dict[Lane, tuple[int, float]]:
    """For each lane, how many events wait and the oldest one's age in seconds. Raises StartupError, Unavailable."""
    if not settings.database_url:
        check_started(settings)
    database = Database(settings.resolved_database_url)
    try:
        database.ping()
        with database.read() as uow:
            return uow.events.waiting(uow.now)
    finally:
        database.close()
