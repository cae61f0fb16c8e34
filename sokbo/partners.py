"""Registering and changing partners: their rules, once for the API and the command line.

Each operation happens within the caller's transaction, with its audit; the caller commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, StrictBool, ValidationInfo

from sokbo.domain.breaker import Breaker
from sokbo.domain.event import EventType
from sokbo.domain.ids import PARTNER_ID, PartnerId, SiteId, new_id
from sokbo.domain.partner import CHANNELS, DEFAULT_REL, ContentProfile, Filter, Partner, PartnerState, Signature
from sokbo.errors import FieldError, Invalid, NotFound
from sokbo.fields import FieldsModel, Slug, at_most, distinct, line, merge_patch, validate
from sokbo.net.sealing import Sealer
from sokbo.net.signing import new_key, verification_key
from sokbo.net.urls import check_url
from sokbo.settings import Network
from sokbo.storage import UnitOfWork

MAX_NAME = 200
MAX_FILTER_VALUES = 100

#: What a link's `rel` may say (HTML Living Standard section 4.6.7). `dofollow` is no link type.
LINK_TYPES = ("noopener", "noreferrer", "nofollow", "sponsored", "ugc")
BY_THE_OPERATOR = "by the operator"


def _channel(name: str) -> str:
    if name not in CHANNELS:
        raise ValueError(f"must be one of {', '.join(CHANNELS)}")
    return name


def _url(url: str, info: ValidationInfo[dict[str, tuple[Network, ...]]]) -> str:
    if not url.isprintable():  # a lone surrogate among them, which no database takes
        raise ValueError("must not contain invisible characters")
    check_url(url, (info.context or {})["allow"])
    return url


def _rel(text: str) -> str:
    types = text.lower().split()
    if "dofollow" in types:
        raise ValueError("must not say dofollow, which is no link type: links are followed unless rel says nofollow")
    if not set(types) <= set(LINK_TYPES):
        raise ValueError(f"must be made of {', '.join(LINK_TYPES)}, separated by spaces")
    return " ".join(dict.fromkeys(types))


Terms = Annotated[tuple[Slug, ...], at_most(MAX_FILTER_VALUES), AfterValidator(distinct)]


class FilterInput(FieldsModel):
    events: Annotated[tuple[EventType, ...], at_most(MAX_FILTER_VALUES), AfterValidator(distinct)] = ()
    categories: Terms = ()
    tags: Terms = ()
    breaking_only: StrictBool = False


class PartnerInput(FieldsModel):
    """A partner's fields after all the rules: terms are slugs, lists are sorted and hold nothing twice."""

    name: Annotated[str, AfterValidator(line(MAX_NAME))]
    url: Annotated[str, AfterValidator(_url)]
    channel: Annotated[str, AfterValidator(_channel)] = CHANNELS[0]
    filter: FilterInput = FilterInput()
    content: ContentProfile = ContentProfile.SUMMARY
    rel: Annotated[str, AfterValidator(_rel)] = DEFAULT_REL
    signature: Signature = Signature.V1

    def domain_fields(self) -> dict[str, Any]:
        """What a Partner is made of, by its names."""
        return {
            "name": self.name,
            "channel": self.channel,
            "url": self.url,
            "filter": Filter(**self.filter.model_dump()),
            "content": self.content,
            "rel": self.rel,
            "signature": self.signature,
        }


def parse(values: Mapping[str, Any], allow: Sequence[Network]) -> PartnerInput:
    """The JSON object's fields; null is the same as not given. URLs may lead to the networks in `allow` beside the public ones.

    Raises Invalid with every broken rule.
    """
    return validate(PartnerInput, merge_patch({"filter": {}}, values), {"allow": tuple(allow)})


def register(
    uow: UnitOfWork, sealer: Sealer, site_id: SiteId, wanted: PartnerInput, *, actor: str, request_id: str
) -> tuple[Partner, dict[str, str]]:
    """A new partner and, by name, what it verifies pushes with, which can't be read again."""
    partner = Partner(id=PartnerId(new_id("ptr")), site_id=site_id, created_at=uow.now, **wanted.domain_fields())
    key = new_key(partner.signature)
    uow.partners.add(partner, sealer.seal(key, partner.id))
    uow.audit.record(site_id, actor, "partner.register", partner.id, request_id, uow.now)
    return partner, verification_key(key)


def change(
    uow: UnitOfWork,
    site_id: SiteId,
    partner_id: str,
    patch: Mapping[str, Any],
    allow: Sequence[Network],
    *,
    actor: str,
    request_id: str,
) -> Partner:
    """The partner with a merge patch (RFC 7396) applied to its fields; another `signature` needs a new key
    (`sokbo.rotation`).

    Raises NotFound, Invalid.
    """
    partner = find(uow, site_id, partner_id, lock=True)
    values = merge_patch({field: described(partner)[field] for field in PartnerInput.model_fields}, patch)
    changed = replace(partner, **parse(values, allow).domain_fields())
    if changed.signature is not partner.signature:
        raise Invalid(FieldError("signature", "must be changed by rotate-secret, which makes the key for it"))
    return _save(uow, partner, changed, "partner.change", actor, request_id)


def enable(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, actor: str, request_id: str) -> Partner:
    """The partner, active and with its breaker closed: what waits for it goes out now. Raises NotFound."""
    partner = find(uow, site_id, partner_id, lock=True)
    changed = replace(partner, state=PartnerState.ACTIVE, disabled_reason=None, breaker=Breaker())
    if changed != partner:
        uow.deliveries.make_due(partner.id, uow.now)
    return _save(uow, partner, changed, "partner.enable", actor, request_id)


def disable(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, actor: str, request_id: str) -> Partner:
    """The partner, disabled: nothing new is planned for it, and what waits goes on waiting. Raises NotFound."""
    partner = find(uow, site_id, partner_id, lock=True)
    changed = replace(partner, state=PartnerState.DISABLED, disabled_reason=partner.disabled_reason or BY_THE_OPERATOR)
    return _save(uow, partner, changed, "partner.disable", actor, request_id)


def delete(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, actor: str, request_id: str) -> None:
    """Takes the partner away for good; only the record of what it was sent remains, and what waits for it is superseded.

    Raises NotFound.
    """
    partner = find(uow, site_id, partner_id, lock=True)
    changed = replace(partner, state=PartnerState.DELETED, disabled_reason=None)
    _save(uow, partner, changed, "partner.delete", actor, request_id)
    uow.deliveries.supersede_for_partner(partner.id)


def find(uow: UnitOfWork, site_id: SiteId, partner_id: str, *, lock: bool = False) -> Partner:
    """The site's partner; `lock` keeps others from changing it until the transaction ends. Raises NotFound."""
    partner = uow.partners.get(site_id, partner_id, lock=lock) if is_partner_id(partner_id) else None
    if partner is None:
        raise NotFound("the site has no such partner")
    return partner


def is_partner_id(text: str) -> bool:
    return PARTNER_ID.fullmatch(text) is not None


def described(partner: Partner) -> dict[str, Any]:
    """The partner as JSON: its fields as they can be sent again, and where it stands."""
    return {
        "id": partner.id,
        "name": partner.name,
        "channel": partner.channel,
        "url": partner.url,
        "filter": {
            "events": partner.filter.events,
            "categories": partner.filter.categories,
            "tags": partner.filter.tags,
            "breaking_only": partner.filter.breaking_only,
        },
        "content": partner.content,
        "rel": partner.rel,
        "signature": partner.signature,
        "state": partner.state,
        "disabled_reason": partner.disabled_reason,
        "breaker": {
            "state": "open" if partner.breaker.is_open else "closed",
            "since": partner.breaker.since,
            "next_probe_at": partner.breaker.next_probe_at,
            "last_detail": partner.breaker.last_detail or None,
            "retry_after_until": partner.breaker.retry_after_until,
        },
        "created_at": partner.created_at,
    }


def _save(uow: UnitOfWork, before: Partner, after: Partner, action: str, actor: str, request_id: str) -> Partner:
    if after != before:
        uow.partners.save(after)
        uow.audit.record(after.site_id, actor, action, after.id, request_id, uow.now)
    return after
