"""`sokbo key`: issues, lists and revokes API keys."""

from pathlib import Path

import click

from sokbo import keys, sites
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option, site_option
from sokbo.domain.key import Scope


@click.group()
def key() -> None:
    """Issue, list and revoke API keys."""


@key.command()
@site_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it is good for; may be repeated.",
)
@click.option("--label", default="", help="What it is for, to know it by in the list.")
@data_option
def create(site: str, scopes: tuple[str, ...], label: str, data: Path | None) -> None:
    """Issue a key. The last line of the output is the key, and nothing else."""
    with opened(data) as (_, database), database.write() as uow:
        site_id = sites.find(uow, site).id
        _, token = keys.issue(uow, site_id, [Scope(scope) for scope in scopes], label, **by_command())
        uow.commit()
    click.echo(f"A key of {site} for {', '.join(dict.fromkeys(scopes))}, shown this once:")
    click.echo(token)


@key.command("list")
@site_option
@data_option
def list_(site: str, data: Path | None) -> None:
    """List a site's keys: prefix, day of issue, scopes and label, with tabs between them."""
    with opened(data) as (_, database), database.read() as uow:
        for found in uow.keys.of_site(sites.find(uow, site).id):
            click.echo("\t".join((found.prefix, f"{found.created_at:%Y-%m-%d}", ",".join(sorted(found.scopes)), found.label)))


@key.command()
@site_option
@click.argument("prefix")
@data_option
def revoke(site: str, prefix: str, data: Path | None) -> None:
    """End the key that begins with PREFIX, as the list shows it; within seconds it opens nothing."""
    with opened(data) as (_, database), database.write() as uow:
        keys.revoke(uow, sites.find(uow, site).id, prefix, **by_command())
        uow.commit()
    click.echo(f"Revoked {prefix}.")
