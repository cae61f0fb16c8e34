"""`sokbo rebuild`: has the workers render every document anew from the articles."""

import sys
import time
from collections.abc import Collection
from pathlib import Path

import click

from sokbo import sites
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option
from sokbo.domain.ids import SiteId
from sokbo.errors import StartupError
from sokbo.storage import Database

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.1


@click.command()
@click.option("--site", metavar="NAME", help="Only this site.")
@click.option("--no-wait", is_flag=True, help="Ask for it and leave; the workers do it by themselves.")
@data_option
def rebuild(site: str | None, no_wait: bool, data: Path | None) -> None:
    """Render every feed and page anew from the articles. Readers go on being served meanwhile."""
    with opened(data) as (_, database):
        with database.write() as uow:
            chosen = uow.sites.all() if site is None else [sites.find(uow, site)]
            by = by_command()
            for found in chosen:
                sites.rebuild(uow, found, **by)
            uow.commit()
        if no_wait:
            click.echo("Asked for: the workers do it.")
            return
        _follow(database, {found.id for found in chosen})
    click.echo("Every document is rendered anew.")


def _follow(database: Database, site_ids: Collection[SiteId]) -> None:
    """Shows how far the workers are, until they are done. Raises StartupError when nothing happens for a while."""
    left = _left(database, site_ids)
    most = sum(left.values())
    moved_at = time.monotonic()
    with click.progressbar(length=most, label="Rendering", file=sys.stderr) as bar:
        while left:
            time.sleep(POLL_SECONDS)
            before, left = left, _left(database, site_ids)
            bar.update(max(0, most - sum(left.values()) - bar.pos))
            if left != before:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_SECONDS:
                raise StartupError("no worker is at it; it stays asked for, and is done when `sokbo up` or the workers run")


def _left(database: Database, site_ids: Collection[SiteId]) -> dict[SiteId, int]:
    """For each site that isn't done, how many articles are left at most, and how much is to be assembled."""
    with database.read() as uow:
        articles, assemblies = dict(uow.sites.being_rendered()), uow.assemblies.counts()
    unfinished = (articles.keys() | assemblies.keys()) & set(site_ids)
    return {site_id: articles.get(site_id, 0) + assemblies.get(site_id, 0) for site_id in unfinished}
