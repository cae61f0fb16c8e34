from sokbo.cli.first_start import prepare
from sokbo.domain.key import Scope, token_digest
from sokbo.settings import Settings

from .conftest import Terminal


def test_first_start_makes_a_site_and_a_key_to_it(terminal: Terminal) -> None:
    terminal.data.mkdir()

    made = prepare(Settings(data=terminal.data, port=9000))

    assert made is not None
    with terminal.database.read() as uow:
        [site] = uow.sites.all()
        key = uow.keys.by_digest(token_digest(made.api_key))
    assert (made.site, site.name, site.base_url) == ("news", "news", "http://127.0.0.1:9000/news")
    assert key is not None
    assert (key.site_id, {*key.scopes}) == (site.id, {Scope.PUBLISH, Scope.PARTNERS, Scope.READ})


def test_later_start_makes_nothing(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily")

    assert prepare(Settings(data=terminal.data)) is None

    assert [line.partition("\t")[0] for line in terminal.lines("site", "list")] == ["daily"]
