"""`sokbo selection`: adds, lists and removes selections, and gives private ones new addresses."""

from pathlib import Path
from typing import Any

import click

from sokbo import selections, sites
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option, site_option
from sokbo.domain.selection import DEFAULT_ENTRIES, PLAIN, Detail


@click.group()
def selection() -> None:
    """Feeds of a site's own choice."""


@selection.command()
@site_option
@click.argument("name")
@click.option("--title", required=True, help="What people call it.")
@click.option("--category", "categories", multiple=True, help="Only with this category; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only with this tag; may be repeated.")
@click.option("--author", "authors", multiple=True, help="Only by this author; may be repeated.")
@click.option("--without-category", multiple=True, help="Nothing with this category; may be repeated.")
@click.option("--without-tag", multiple=True, help="Nothing with this tag; may be repeated.")
@click.option("--without-author", multiple=True, help="Nothing by this author; may be repeated.")
@click.option("--language", help="Only in this language (BCP 47).")
@click.option("--breaking", is_flag=True, help="Only what is breaking now.")
@click.option(
    "--content",
    default=Detail.FULL.value,
    show_default=True,
    type=click.Choice([detail.value for detail in Detail]),
    help="How much of each.",
)
@click.option("--entries", default=DEFAULT_ENTRIES, show_default=True, help="How many articles.")
@click.option("--profile", default=PLAIN, show_default=True, type=click.Choice(selections.PROFILES), help="A portal's dialect.")
@click.option("--logo", help="The publisher's logo, a URL.")
@click.option("--private", is_flag=True, help="Read only by who knows the address.")
@data_option
def add(
    site: str,
    data: Path | None,
    without_category: tuple[str, ...],
    without_tag: tuple[str, ...],
    without_author: tuple[str, ...],
    **fields: Any,
) -> None:
    """Add a selection. The output is its feeds' addresses; those of a private one are shown this once."""
    exclude = {"categories": [*without_category], "tags": [*without_tag], "authors": [*without_author]}
    with opened(data) as (_, database), database.write() as uow:
        found = sites.find(uow, site)
        made, token = selections.make(uow, found, selections.parse({**fields, "exclude": exclude}, found), **by_command())
        uow.commit()
    _show(selections.described(found, made, token)["feeds"])


@selection.command("list")
@site_option
@data_option
def list_(site: str, data: Path | None) -> None:
    """List a site's selections: name, profile, public, private or revoked, and title, with tabs between them."""
    with opened(data) as (_, database), database.read() as uow:
        for found in uow.selections.of_site(sites.find(uow, site).id):
            state = "public" if not found.private else "private" if found.token_digest else "revoked"
            click.echo("\t".join((found.name, found.profile, state, found.title)))


@selection.command()
@site_option
@click.argument("name")
@data_option
def remove(site: str, name: str, data: Path | None) -> None:
    """Take a selection away; its feeds answer 410."""
    with opened(data) as (_, database), database.write() as uow:
        selections.delete(uow, sites.find(uow, site), name, **by_command())
        uow.commit()
    click.echo(f"{name} is gone.")


@selection.command("rotate-token")
@site_option
@click.argument("name")
@data_option
def rotate_token(site: str, name: str, data: Path | None) -> None:
    """Give a private selection new addresses, which are shown this once; the old ones answer 404."""
    with opened(data) as (_, database), database.write() as uow:
        found = sites.find(uow, site)
        changed, token = selections.rotate_token(uow, found, name, **by_command())
        uow.commit()
    _show(selections.described(found, changed, token)["feeds"])


@selection.command("revoke-token")
@site_option
@click.argument("name")
@data_option
def revoke_token(site: str, name: str, data: Path | None) -> None:
    """Let nobody read a private selection until it has new addresses."""
    with opened(data) as (_, database), database.write() as uow:
        selections.revoke_token(uow, sites.find(uow, site), name, **by_command())
        uow.commit()
    click.echo(f"Nobody can read {name} until it is given new addresses.")


def _show(feeds: dict[str, str]) -> None:
    for address in feeds.values():
        click.echo(address)
