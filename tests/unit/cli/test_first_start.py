import pytest

from sokbo.cli.first_start import prepare
from sokbo.domain.key import Scope, token_digest
from sokbo.errors import StartupError
from sokbo.settings import Settings

from .conftest import Terminal


def test_first_start_makes_a_site_and_a_key_to_it(terminal: Terminal) -> None:
    made = prepare(Settings(data=terminal.data, port=9000)).first_start

    assert made is not None
    with terminal.database.read() as uow:
        [site] = uow.sites.all()
        [key] = uow.keys.by_digests([token_digest(made.api_key)]).values()
    assert (made.site, site.name, site.base_url) == ("news", "news", "http://127.0.0.1:9000/news")
    assert (key.site_id, {*key.scopes}) == (site.id, {Scope.PUBLISH, Scope.PARTNERS, Scope.READ})


def test_later_start_makes_nothing(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily")

    assert prepare(Settings(data=terminal.data)).first_start is None

    assert [line.partition("\t")[0] for line in terminal.lines("site", "list")] == ["daily"]


def _base_urls(terminal: Terminal) -> list[str]:
    return [line.split("\t")[3] for line in terminal.lines("site", "list")]


def test_sites_follow_the_service_to_another_url(terminal: Terminal) -> None:
    prepare(Settings(data=terminal.data, port=818))
    terminal.lines("site", "create", "en")
    terminal.lines("site", "create", "own", "--base-url", "https://own.example")
    terminal.lines("site", "create", "near", "--base-url", "http://127.0.0.1:8181/near")

    assert prepare(Settings(data=terminal.data, port=9000)).moved == ("news", "en")

    moved = ["http://127.0.0.1:9000/news", "http://127.0.0.1:9000/en"]
    assert _base_urls(terminal) == [*moved, "https://own.example", "http://127.0.0.1:8181/near"]
    assert terminal.audit()[-2:] == [("cli", "site.change", "news"), ("cli", "site.change", "en")]
    assert prepare(Settings(data=terminal.data, port=9000)).moved == ()


def test_site_stays_where_its_new_place_is_taken(terminal: Terminal) -> None:
    prepare(Settings(data=terminal.data, port=8181))
    terminal.lines("site", "create", "other", "--base-url", "https://own.example/news")

    assert prepare(Settings(data=terminal.data, public_url="https://own.example/")).moved == ()

    assert _base_urls(terminal) == ["http://127.0.0.1:8181/news", "https://own.example/news"]


def test_public_url_that_is_none_is_refused(terminal: Terminal) -> None:
    with pytest.raises(StartupError, match=r"^SOKBO_PUBLIC_URL: must begin with http:// or https://$"):
        prepare(Settings(data=terminal.data, public_url="news.example"))
