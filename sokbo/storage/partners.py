"""Partners, their filters and their sealed secrets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, delete, func, insert, or_, select, update
from yarl import URL

from sokbo.domain.breaker import Breaker
from sokbo.domain.event import EventType
from sokbo.domain.ids import PartnerId, SiteId
from sokbo.domain.partner import BREAKING_ONLY_EVENTS, ContentProfile, Filter, Partner, PartnerState, Signature
from sokbo.storage.delivery_tables import IS_REGISTERED, partner_filters, partners
from sokbo.storage.session import Session

_ANY_PRESENT = (
    select(partners.c.id)
    .where(
        partners.c.site_id == bindparam("site_id"),
        partners.c.state != PartnerState.DELETED,
        IS_REGISTERED,
    )
    .limit(1)
)
_ADDRESSEES = select(
    partners.c.id,
    partners.c.channel,
    partners.c.url,
    partners.c.content,
    partners.c.rel,
    partners.c.secret_sealed,
    partners.c.previous_secret_sealed,
    partners.c.previous_secret_until,
).where(partners.c.id.in_(bindparam("partner_ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Addressee:
    """Of a partner, what a push to it needs. `sealed_secrets`: the newest first; the one before it only while it overlaps."""

    id: PartnerId
    channel: str
    url: str
    content: ContentProfile
    rel: str
    sealed_secrets: tuple[bytes, ...]


class PartnerRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, partner: Partner, secret_sealed: bytes) -> None:
        self._session.execute(insert(partners).values(**_columns(partner), secret_sealed=secret_sealed))
        self._write_filter(partner)

    def save(self, partner: Partner) -> None:
        """Writes everything but the secret."""
        self._session.execute(update(partners).where(partners.c.id == partner.id).values(**_columns(partner)))
        self._session.execute(delete(partner_filters).where(partner_filters.c.partner_id == partner.id))
        self._write_filter(partner)

    def restore(self, partner: Partner, secret_sealed: bytes) -> bool:
        """Makes the row with the partner's id what the partner is, with that secret; False if there is none. An active one keeps
        its breaker, which lets a probe through at once if it is open, and no Retry-After."""
        own = update(partners).where(partners.c.id == partner.id)
        probed_at = case((partners.c.breaker_since.is_not(None), partner.created_at), else_=partners.c.breaker_next_probe_at)
        kept = own.where(partners.c.state == PartnerState.ACTIVE)
        free = {"breaker_next_probe_at": probed_at, "breaker_retry_after_until": None, "breaker_asked_at": None}
        if self._session.execute(kept.values(secret_sealed=secret_sealed, **free)).rowcount == 1:
            return True
        return self._session.execute(own.values({**_columns(partner), "secret_sealed": secret_sealed})).rowcount == 1

    def disable(self, partner_id: PartnerId, reason: str) -> bool:
        """Disables the partner; False if it isn't active."""
        statement = update(partners).where(partners.c.id == partner_id, partners.c.state == PartnerState.ACTIVE)
        return self._session.execute(statement.values(state=PartnerState.DISABLED, disabled_reason=reason)).rowcount == 1

    def replace_secret(self, partner_id: PartnerId, signature: Signature, secret_sealed: bytes, previous_until: datetime) -> None:
        """A new secret, or private key; the one until now goes on signing beside it until that time."""
        statement = update(partners).where(partners.c.id == partner_id)
        self._session.execute(
            statement.values(
                signature=signature,
                secret_sealed=secret_sealed,
                previous_secret_sealed=partners.c.secret_sealed,
                previous_secret_until=previous_until,
            )
        )

    def breakers(self, failed: Iterable[PartnerId], acknowledged: Iterable[PartnerId]) -> dict[PartnerId, Breaker]:
        """The breakers that outcomes of these partners may change, locked: none of those who take everything.

        Always locked in the same order, so that no two transactions wait for each other crosswise.
        """
        may_heal = and_(partners.c.id.in_([*acknowledged]), partners.c.breaker_recent != "")
        wanted = select(partners).where(or_(partners.c.id.in_([*failed]), may_heal)).order_by(partners.c.id)
        rows = self._session.execute(wanted.with_for_update(key_share=True))
        return {PartnerId(row.id): _breaker(row) for row in rows}

    def save_breakers(self, breakers: Mapping[PartnerId, Breaker]) -> None:
        if breakers:
            self._session.execute(
                _SAVE_BREAKER,
                [
                    {"of_partner": partner_id} | {f"new_{name}": value for name, value in _breaker_columns(breaker).items()}
                    for partner_id, breaker in breakers.items()
                ],
            )

    def open_breakers(self) -> int:
        """How many active partners' breakers are open."""
        is_open = and_(partners.c.breaker_since.is_not(None), partners.c.state == PartnerState.ACTIVE)
        return int(self._session.execute(select(func.count()).select_from(partners).where(is_open)).scalar_one())

    def get(self, site_id: SiteId, partner_id: str, *, lock: bool = False) -> Partner | None:
        """The partner, if it is this site's and not deleted; `lock` keeps others from changing it meanwhile."""
        statement = _present(site_id).where(partners.c.id == partner_id)
        found = self._read(statement.with_for_update() if lock else statement)
        return found[0] if found else None

    def has_any(self, site_id: SiteId) -> bool:
        """True if anything of the site may have to be delivered: to disabled partners withdrawals are, once they are back."""
        return self._session.execute(_ANY_PRESENT, {"site_id": site_id}).first() is not None

    def page(self, site_id: SiteId, after: str, limit: int) -> Sequence[Partner]:
        """Up to `limit` partners of the site whose ids follow `after`, in the order in which they registered."""
        return self._read(_present(site_id).where(partners.c.id > after).order_by(partners.c.id).limit(limit))

    def many(self, partner_ids: Iterable[PartnerId]) -> dict[PartnerId, Partner]:
        """The partners with these ids, deleted ones too."""
        found = self._read(select(partners).where(partners.c.id.in_([*partner_ids])))
        return {partner.id: partner for partner in found}

    def addressees(self, partner_ids: Iterable[PartnerId], now: datetime) -> dict[PartnerId, Addressee]:
        """What pushes to the partners with these ids need."""
        rows = self._session.execute(_ADDRESSEES, {"partner_ids": [*partner_ids]}).all()
        return {PartnerId(row.id): _addressee(row, now) for row in rows}

    def _write_filter(self, partner: Partner) -> None:
        rows = [
            {"partner_id": partner.id, "kind": kind, "value": value}
            for kind, values in (
                ("event", partner.filter.effective_events),
                ("category", partner.filter.categories),
                ("tag", partner.filter.tags),
            )
            for value in dict.fromkeys(values)
        ]
        if rows:
            self._session.execute(insert(partner_filters), rows)

    def _read(self, statement: Any) -> list[Partner]:
        rows = self._session.execute(statement).all()
        filters: dict[str, dict[str, list[str]]] = {}
        wanted = select(partner_filters).where(partner_filters.c.partner_id.in_([row.id for row in rows]))
        for partner_id, kind, value in self._session.execute(wanted):
            filters.setdefault(partner_id, {}).setdefault(kind, []).append(value)
        return [_partner(row, filters.get(row.id, {})) for row in rows]


def _addressee(row: Row[Any], now: datetime) -> Addressee:
    until = row.previous_secret_until
    overlaps = row.previous_secret_sealed is not None and until is not None and until > now
    secrets = (row.secret_sealed, row.previous_secret_sealed) if overlaps else (row.secret_sealed,)
    return Addressee(PartnerId(row.id), row.channel, row.url, ContentProfile(row.content), row.rel, secrets)


def _breaker(row: Row[Any]) -> Breaker:
    return Breaker(
        row.breaker_recent,
        row.breaker_since,
        row.breaker_put_off_at,
        row.breaker_next_probe_at,
        row.breaker_last_detail,
        row.breaker_asked_at,
        row.breaker_retry_after_until,
    )


def _breaker_columns(breaker: Breaker) -> dict[str, Any]:
    return {f"breaker_{name}": value for name, value in asdict(breaker).items()}


_SAVE_BREAKER = (
    update(partners)
    .where(partners.c.id == bindparam("of_partner"))
    .values({name: bindparam(f"new_{name}", type_=partners.c[name].type) for name in _breaker_columns(Breaker())})
)


def _present(site_id: SiteId) -> Select[Any]:
    """Whom an operator has registered: subscribers of the hub come and go by themselves."""
    return select(partners).where(partners.c.site_id == site_id, partners.c.state != PartnerState.DELETED, IS_REGISTERED)


def _host(url: str) -> str:
    """What all the spellings of the URL's host have in common, by which pushes to one host are counted."""
    host = (URL(url).raw_host or "").rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(getattr(address, "ipv4_mapped", None) or address)


def _columns(partner: Partner) -> dict[str, Any]:
    return {
        "id": partner.id,
        "site_id": partner.site_id,
        "name": partner.name,
        "channel": partner.channel,
        "url": partner.url,
        "host": _host(partner.url),
        "content": partner.content,
        "rel": partner.rel,
        "signature": partner.signature,
        "breaking_only": partner.filter.breaking_only,
        "state": partner.state,
        "disabled_reason": partner.disabled_reason,
        "created_at": partner.created_at,
        **_breaker_columns(partner.breaker),
    }


def _partner(row: Row[Any], values: dict[str, list[str]]) -> Partner:
    events = tuple(sorted(EventType(value) for value in values.get("event", [])))
    if row.breaking_only and events == tuple(sorted(BREAKING_ONLY_EVENTS)):
        events = ()  # nobody named these: `_write_filter` spelled them out
    wanted = Filter(
        events=events,
        categories=tuple(sorted(values.get("category", []))),
        tags=tuple(sorted(values.get("tag", []))),
        breaking_only=row.breaking_only,
    )
    return Partner(
        id=PartnerId(row.id),
        site_id=SiteId(row.site_id),
        name=row.name,
        channel=row.channel,
        url=row.url,
        created_at=row.created_at,
        filter=wanted,
        content=ContentProfile(row.content),
        rel=row.rel,
        signature=Signature(row.signature),
        state=PartnerState(row.state),
        disabled_reason=row.disabled_reason,
        breaker=_breaker(row),
    )
