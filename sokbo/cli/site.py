"""`sokbo site`: makes, lists and changes sites."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sokbo import sites
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option
from sokbo.cli.public_url import noted_url
from sokbo.domain.site import Site
from sokbo.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--title", help="What readers know it by."),
    click.option(
        "--base-url",
        help="Where its index is, without a slash at the end; below SOKBO_PUBLIC_URL, or the URL of `sokbo up`, if not said.",
    ),
    click.option("--language", help="BCP 47 tag: ko, en-GB; ko if not said."),
    click.option("--timezone", help="Time zone in which readers see times; Asia/Seoul if not said."),
    click.option("--description", help="One sentence, for feeds and search engines."),
    click.option("--footer", help="Text at the foot of each page."),
    click.option("--standing-text", help="What the footer says while nothing breaks, before the standing URL."),
    click.option("--standing-url", help="The link that the footer shows while nothing breaks; '' for none."),
    click.option("--logo", help="The URL of its logo, a GIF, JPEG or PNG image, for feeds; '' for none."),
)


def _site_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def site() -> None:
    """Make, list and change sites."""


@site.command()
@click.argument("name")
@_site_options
@data_option
def create(name: str, data: Path | None, **given: str | None) -> None:
    """Make the site NAME: 1 to 40 lower-case letters, digits and inner hyphens."""
    with opened(data) as (settings, database), database.write() as uow:
        below = _public_url(settings)
        defaults = {"name": name, "title": name, "base_url": f"{below}/{name}"}
        made = sites.create(uow, defaults | _said(given), **by_command())
        uow.commit()
    _show(made)
    _warn_of_path(made, below)


@site.command("set")
@click.argument("name")
@_site_options
@data_option
def set_(name: str, data: Path | None, **given: str | None) -> None:
    """Change the site NAME: what is not said stays. All of the site is then rendered anew."""
    with opened(data) as (settings, database), database.write() as uow:
        changed = sites.change(uow, name, _said(given), **by_command())
        uow.commit()
    _show(changed)
    _warn_of_path(changed, _public_url(settings))


@site.command("list")
@data_option
def list_(data: Path | None) -> None:
    """List all sites: name, language, time zone, base URL and title, with tabs between them."""
    with opened(data) as (_, database), database.read() as uow:
        for found in uow.sites.all():
            click.echo("\t".join((found.name, found.language, found.timezone, found.base_url, found.title)))


def _public_url(settings: Settings) -> str:
    return settings.public_url.rstrip("/") or noted_url(settings.data) or settings.resolved_public_url


def _warn_of_path(shown: Site, below: str) -> None:
    if shown.base_url.startswith(f"{below}/") and shown.base_url != f"{below}/{shown.name}":
        where = f"Warning: the service serves this site at {below}/{shown.name}"
        click.echo(f"{where}; at the base URL there is nothing, unless a proxy in front leads it there", err=True)


def _said(given: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}


def _show(shown: Site) -> None:
    link = shown.standing_link
    click.echo(f"name         {shown.name}")
    click.echo(f"title        {shown.title}")
    click.echo(f"base URL     {shown.base_url}")
    click.echo(f"language     {shown.language}")
    click.echo(f"time zone    {shown.timezone}")
    if shown.description:
        click.echo(f"description  {shown.description}")
    if shown.footer:
        click.echo(f"footer       {shown.footer}")
    if link is not None:
        click.echo(f"standing     {link.text} {link.url}")
    if shown.logo:
        click.echo(f"logo         {shown.logo}")
