"""What becomes of partners, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest

from sokbo import partners, sites
from sokbo.domain.ids import SiteId
from sokbo.domain.partner import ContentProfile, Filter, Partner, PartnerState
from sokbo.errors import Invalid, NotFound
from sokbo.net.sealing import Sealer
from sokbo.settings import KEY_BYTES
from sokbo.storage import Database, UnitOfWork

BY = {"actor": "test", "request_id": "req_1"}
LEAST = {"name": "Partner", "url": "https://partner.example/hook"}
SEALER = Sealer(bytes(KEY_BYTES))


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    with database.write() as uow:
        yield uow


@pytest.fixture
def site_id(uow: UnitOfWork) -> SiteId:
    return _site(uow, "news")


def _site(uow: UnitOfWork, name: str) -> SiteId:
    return sites.create(uow, {"name": name, "title": "News", "base_url": f"https://{name}.example"}, **BY).id


def _register(uow: UnitOfWork, site_id: SiteId, **fields: Any) -> Partner:
    return partners.register(uow, SEALER, site_id, partners.parse({**LEAST, **fields}, ()), **BY)[0]


def _change(uow: UnitOfWork, partner: Partner, patch: dict[str, Any]) -> Partner:
    return partners.change(uow, partner.site_id, partner.id, patch, (), **BY)


def test_registered_partner_is_found_as_it_was_answered(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, site_id, filter={"tags": ["b", "a"], "breaking_only": True}, rel="ugc")

    assert partners.find(uow, site_id, made.id) == made


def test_secret_opens_for_its_partner(uow: UnitOfWork, site_id: SiteId) -> None:
    made, verified_with = partners.register(uow, SEALER, site_id, partners.parse(LEAST, ()), **BY)

    [sealed] = uow.partners.addressees([made.id], uow.now)[made.id].sealed_secrets
    assert SEALER.open(sealed, made.id) == verified_with["secret"]


def test_change_keeps_what_it_does_not_name(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, site_id, filter={"tags": ["apec"], "categories": ["정치"]}, content="full", rel="ugc")

    changed = _change(uow, made, {"name": "Renamed", "rel": None, "filter": {"tags": None}})

    assert changed == partners.find(uow, site_id, made.id)
    assert (changed.name, changed.rel, changed.content) == ("Renamed", "noopener", ContentProfile.FULL)
    assert changed.filter == Filter(categories=("정치",))


def test_partner_that_no_longer_asks_for_breaking_only_hears_everything(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, site_id, filter={"breaking_only": True})

    assert _change(uow, made, {"filter": {"breaking_only": False}}).filter.effective_events == ()


def test_change_that_breaks_a_rule_changes_nothing(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, site_id)

    with pytest.raises(Invalid, match="url: is required"):
        _change(uow, made, {"name": "Renamed", "url": None})

    assert partners.find(uow, site_id, made.id) == made


def test_disabled_partner_can_be_enabled_again(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, site_id)

    disabled = partners.disable(uow, site_id, made.id, **BY)
    assert (disabled.state, disabled.disabled_reason) == (PartnerState.DISABLED, "by the operator")

    assert partners.enable(uow, site_id, made.id, **BY) == partners.find(uow, site_id, made.id) == made


def test_deleted_partner_is_gone_and_stays_so(uow: UnitOfWork, site_id: SiteId) -> None:
    made, kept = _register(uow, site_id), _register(uow, site_id)

    partners.delete(uow, site_id, made.id, **BY)
    uow.partners.disable(made.id, "answered 410 to a push that was under way")

    assert uow.partners.page(site_id, "", 10) == [kept]
    assert uow.partners.many([made.id])[made.id].state is PartnerState.DELETED
    with pytest.raises(NotFound):
        partners.enable(uow, site_id, made.id, **BY)


def test_another_sites_partner_is_not_found(uow: UnitOfWork, site_id: SiteId) -> None:
    made = _register(uow, _site(uow, "other"))

    with pytest.raises(NotFound):
        partners.find(uow, site_id, made.id)


@pytest.mark.parametrize("partner_id", ["", "ptr_", "ptr_\0", "1 OR 1=1"])
def test_what_cannot_be_an_id_is_not_found(uow: UnitOfWork, site_id: SiteId, partner_id: str) -> None:
    with pytest.raises(NotFound):
        partners.find(uow, site_id, partner_id)
