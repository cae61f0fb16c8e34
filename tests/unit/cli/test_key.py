import pytest

from sokbo.domain.key import Scope, token_digest

from .conftest import Terminal


@pytest.fixture(autouse=True)
def _site(terminal: Terminal) -> None:
    terminal.lines("site", "create", "news")


def _scopes(terminal: Terminal, token: str) -> set[Scope]:
    """What the token is good for; nothing if it opens nothing."""
    with terminal.database.read() as uow:
        key = uow.keys.by_digests([token_digest(token)]).get(token_digest(token))
    return set() if key is None else {*key.scopes}


def test_key_stands_alone_on_the_last_line(terminal: Terminal) -> None:
    said, token = terminal.lines("key", "create", "--site", "news", "--scope", "publish", "--scope", "read")

    assert said == "A key of news for publish, read, shown this once:"
    assert token.startswith("sokbo_")
    assert _scopes(terminal, token) == {Scope.PUBLISH, Scope.READ}


def test_list_shows_what_a_key_is_for_but_never_the_key(terminal: Terminal) -> None:
    token = terminal.lines("key", "create", "--site", "news", "--scope", "read", "--scope", "publish", "--label", "desk")[-1]

    [line] = terminal.lines("key", "list", "--site", "news")

    prefix, day, scopes, label = line.split("\t")
    assert token.startswith(prefix)
    assert len(prefix) < 15 < len(token)
    assert (len(day), scopes, label) == (10, "publish,read", "desk")


def test_revoked_key_opens_nothing(terminal: Terminal) -> None:
    token = terminal.lines("key", "create", "--site", "news", "--scope", "admin")[-1]
    [line] = terminal.lines("key", "list", "--site", "news")
    prefix = line.partition("\t")[0]

    assert terminal.lines("key", "revoke", "--site", "news", prefix) == [f"Revoked {prefix}."]

    assert _scopes(terminal, token) == set()
    assert terminal.lines("key", "list", "--site", "news") == []
    assert [action for _, action, _ in terminal.audit()] == ["site.create", "key.issue", "key.revoke"]
    assert terminal.refusal("key", "revoke", "--site", "news", prefix) == f"Error: the site has no key {prefix}"


def test_another_sites_key_is_not_revoked(terminal: Terminal) -> None:
    terminal.lines("site", "create", "other")
    token = terminal.lines("key", "create", "--site", "news", "--scope", "read")[-1]
    prefix = terminal.lines("key", "list", "--site", "news")[0].partition("\t")[0]

    terminal.refusal("key", "revoke", "--site", "other", prefix)

    assert _scopes(terminal, token) == {Scope.READ}


@pytest.mark.parametrize("label", ["x" * 201, "\udcff", "\u202esokbo_fake"])
def test_label_that_is_no_text_is_refused(terminal: Terminal, label: str) -> None:
    refused = terminal.refusal("key", "create", "--site", "news", "--scope", "read", "--label", label)
    assert refused.startswith("Error: label: must ")


def test_label_is_kept_as_one_line(terminal: Terminal) -> None:
    terminal.lines("key", "create", "--site", "news", "--scope", "read", "--label", "a\tb\nsokbo_fake")
    assert terminal.lines("key", "list", "--site", "news")[-1].split("\t")[3] == "a b sokbo_fake"


def test_key_of_no_site_is_refused(terminal: Terminal) -> None:
    assert terminal.refusal("key", "create", "--site", "nowhere", "--scope", "read") == "Error: there is no site nowhere"


def test_unknown_scope_is_refused(terminal: Terminal) -> None:
    result = terminal.run("key", "create", "--site", "news", "--scope", "everything")

    assert result.exit_code == 2
    assert "'everything' is not one of 'publish', 'partners', 'read', 'admin'" in result.stderr
