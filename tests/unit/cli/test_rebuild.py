import pytest

from sokbo.cli import rebuild

from .conftest import Terminal


def finish(terminal: Terminal, *names: str) -> None:
    """Does what workers do, of which there are none."""
    with terminal.database.write() as uow:
        for site_id, below in uow.sites.being_rendered():
            if uow.sites.get(site_id).name in names:
                uow.sites.rendered_down_to(site_id, below, None)
        uow.commit()


def being_rendered(terminal: Terminal) -> list[str]:
    with terminal.database.read() as uow:
        return [uow.sites.get(site_id).name for site_id, _ in uow.sites.being_rendered()]


@pytest.fixture(autouse=True)
def _sites(terminal: Terminal) -> None:
    terminal.lines("site", "create", "one")
    terminal.lines("site", "create", "two")
    finish(terminal, "one", "two")


def test_every_site_is_to_be_rendered_or_the_one_that_is_named(terminal: Terminal) -> None:
    assert terminal.lines("rebuild", "--site", "two", "--no-wait") == ["Asked for: the workers do it."]
    assert being_rendered(terminal) == ["two"]
    assert terminal.audit()[-1] == ("cli", "site.rebuild", "two")
    terminal.lines("rebuild", "--no-wait")
    assert being_rendered(terminal) == ["one", "two"]


def test_without_workers_it_says_so_and_stays_asked_for(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "PATIENCE_SECONDS", 0.2)
    said = terminal.run("rebuild")
    assert said.exit_code == 1
    assert said.stderr.splitlines()[-1].startswith("Error: no worker is at it; it stays asked for")
    assert being_rendered(terminal) == ["one", "two"]


def test_unknown_site_is_refused(terminal: Terminal) -> None:
    assert terminal.refusal("rebuild", "--site", "none") == "Error: there is no site none"
