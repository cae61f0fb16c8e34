"""`sokbo partner`: registers, lists, disables and enables partners, gives them new secrets, sends them deliveries again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from sokbo import partners, redelivery, rotation, sites
from sokbo.cli.opening import by_command, opened
from sokbo.cli.options import data_option, site_option
from sokbo.domain.event import EventType
from sokbo.domain.partner import CHANNELS, DEFAULT_REL, ContentProfile, Partner, Signature
from sokbo.errors import Invalid, StartupError
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key

_PAGE = 500
_SIGNATURES = click.Choice([signature.value for signature in Signature])
_CALLED = {"secret": "secret", "public_key": "public key"}


@click.group()
def partner() -> None:
    """Register, list, disable and enable partners, give them new secrets, send them deliveries again."""


@partner.command()
@site_option
@click.option("--name", required=True, help="What you know it by.")
@click.option("--url", required=True, help="Where it is pushed to.")
@click.option("--channel", default=CHANNELS[0], show_default=True, help="How it is reached.")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([event.value for event in EventType]),
    help="Only these events; may be repeated.",
)
@click.option("--category", "categories", multiple=True, help="Only articles of these categories; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only articles with these tags; may be repeated.")
@click.option("--breaking-only", is_flag=True, help="Only breaking news.")
@click.option(
    "--content",
    default=ContentProfile.SUMMARY.value,
    show_default=True,
    type=click.Choice([profile.value for profile in ContentProfile]),
    help="How much it gets.",
)
@click.option("--rel", default=DEFAULT_REL, show_default=True, help="The link's rel: noopener, nofollow, sponsored, ...")
@click.option(
    "--signature", default=Signature.V1.value, show_default=True, type=_SIGNATURES, help="By a shared secret (v1) or a key pair."
)
@data_option
def add(
    site: str,
    data: Path | None,
    events: tuple[str, ...],
    categories: tuple[str, ...],
    tags: tuple[str, ...],
    breaking_only: bool,
    **fields: str,
) -> None:
    """Register a partner. The last line of the output is its secret, or for v1a its public key, and nothing else."""
    wanted_filter = {
        "events": [*events],
        "categories": [*categories],
        "tags": [*tags],
        "breaking_only": breaking_only,
    }
    with opened(data) as (settings, database):
        wanted = partners.parse({**fields, "filter": wanted_filter}, settings.callback_allow)
        sealer = Sealer(load_secret_key(settings))
        with database.write() as uow:
            made, verified_with = partners.register(uow, sealer, sites.find(uow, site).id, wanted, **by_command())
            uow.commit()
    [(name, value)] = verified_with.items()
    click.echo(f"Partner {made.id} of {site}; its {_CALLED[name]}, shown this once:")
    click.echo(value)


@partner.command("list")
@site_option
@data_option
def list_(site: str, data: Path | None) -> None:
    """List a site's partners: id, state, channel, URL and name, with tabs between them."""
    with opened(data) as (_, database), database.read() as uow:
        site_id, after = sites.find(uow, site).id, ""
        while page := uow.partners.page(site_id, after, _PAGE):
            for found in page:
                click.echo("\t".join((found.id, _state(found), found.channel, found.url, found.name)))
            after = page[-1].id


@partner.command()
@site_option
@click.argument("partner_id", metavar="ID")
@data_option
def disable(site: str, partner_id: str, data: Path | None) -> None:
    """Push nothing to a partner until it is enabled again; what waits for it goes on waiting."""
    with opened(data) as (_, database), database.write() as uow:
        changed = partners.disable(uow, sites.find(uow, site).id, partner_id, **by_command())
        uow.commit()
    click.echo(f"{changed.name} is {_state(changed)}.")


@partner.command()
@site_option
@click.argument("partner_id", metavar="ID")
@data_option
def enable(site: str, partner_id: str, data: Path | None) -> None:
    """Push to a partner again, what has waited first."""
    with opened(data) as (_, database), database.write() as uow:
        changed = partners.enable(uow, sites.find(uow, site).id, partner_id, **by_command())
        uow.commit()
    click.echo(f"{changed.name} is {_state(changed)}.")


@partner.command("rotate-secret")
@site_option
@click.argument("partner_id", metavar="ID")
@click.option(
    "--overlap-seconds",
    type=int,
    default=rotation.DEFAULT_OVERLAP_SECONDS,
    show_default=True,
    help="How long the old secret goes on signing beside the new one.",
)
@click.option("--signature", type=_SIGNATURES, help="Sign in another way from now on.")
@data_option
def rotate_secret(site: str, partner_id: str, data: Path | None, **given: int | str | None) -> None:
    """Give a partner a new secret, or for v1a a new key pair. The last line of the output is what it verifies with, and nothing
    else."""
    wanted = rotation.parse(given)
    with opened(data) as (settings, database):
        sealer = Sealer(load_secret_key(settings))
        with database.write() as uow:
            site_id = sites.find(uow, site).id
            verified_with, until = rotation.rotate_secret(uow, sealer, site_id, partner_id, wanted, **by_command())
            uow.commit()
    [(name, value)] = verified_with.items()
    click.echo(f"The old one signs until {until.isoformat()}; the new {_CALLED[name]}, shown this once:")
    click.echo(value)


@partner.command()
@site_option
@click.argument("partner_id", metavar="ID")
@click.option("--delivery", "ids", multiple=True, metavar="ID", help="This delivery; may be repeated.")
@click.option("--since", metavar="TIME", help="What was planned from this time on (RFC 3339).")
@click.option("--until", metavar="TIME", help="With --since: and before this time.")
@click.option("--dead", is_flag=True, help="What was given up.")
@data_option
def replay(
    site: str, partner_id: str, ids: tuple[str, ...], since: str | None, until: str | None, dead: bool, data: Path | None
) -> None:
    """Send a partner deliveries of the last 30 days again: by id, by time, or those that were given up."""
    if (bool(ids), since is not None, dead).count(True) != 1:
        raise StartupError("say what to send again: --delivery, --since or --dead, and only one of them")
    with _named_by_option(ids):
        wanted = redelivery.parse_replay({"ids": [*ids], "since": since, "until": until, "state": "dead" if dead else None})
        with opened(data) as (_, database), database.write() as uow:
            counts = redelivery.replay(uow, sites.find(uow, site).id, partner_id, wanted, **by_command())
            uow.commit()
    click.echo("{} are due again; {} were left out because something newer has taken their place.".format(*counts))


@contextmanager
def _named_by_option(ids: Sequence[str]) -> Iterator[None]:
    """Has the rules that are broken tell of options, where the API's have fields."""
    options = {"ids": "--delivery", "since": "--since", "until": "--until"}
    options |= {f"ids.{number}": f"--delivery {name}" for number, name in enumerate(ids)}
    try:
        yield
    except Invalid as error:
        raise Invalid(*(replace(broken, field=options.get(broken.field, broken.field)) for broken in error.errors)) from error


def _state(shown: Partner) -> str:
    return shown.state if shown.disabled_reason is None else f"{shown.state} ({shown.disabled_reason})"
