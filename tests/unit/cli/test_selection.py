import pytest

from sokbo.domain.key import token_digest
from sokbo.domain.selection import Detail, Selection, Terms

from .conftest import Terminal

LEAST = ("selection", "add", "--site", "news", "politics", "--title", "정치만")


@pytest.fixture(autouse=True)
def _site(terminal: Terminal) -> None:
    terminal.lines("site", "create", "news")


def _selections(terminal: Terminal) -> list[Selection]:
    with terminal.database.read() as uow:
        return [*uow.selections.all()]


def test_selection_is_made_as_said_and_its_addresses_shown(terminal: Terminal) -> None:
    shown = terminal.lines(
        *LEAST,
        *("--category", "정치", "--category", "Foreign Affairs", "--tag", "APEC", "--author", "Kim", "--without-tag", "광고"),
        *("--language", "ko", "--breaking", "--content", "summary", "--entries", "30"),
    )

    [made] = _selections(terminal)
    assert [address.rpartition("/selection/")[2] for address in shown] == ["politics.rss", "politics.atom", "politics.json"]
    assert made.wanted == Terms(("foreign-affairs", "정치"), ("apec",), ("kim",))
    assert made.unwanted == Terms(tags=("광고",))
    assert (made.title, made.language, made.breaking, made.detail, made.entries) == ("정치만", "ko", True, Detail.SUMMARY, 30)
    assert terminal.audit()[-1] == ("cli", "selection.make", "politics")


def test_private_ones_addresses_are_changed_and_revoked(terminal: Terminal) -> None:
    [first] = terminal.lines(*LEAST, "--private", "--profile", "flipboard")
    [second] = terminal.lines("selection", "rotate-token", "--site", "news", "politics")

    assert first != second
    assert _selections(terminal)[0].token_digest == token_digest(second.rpartition("/")[2].removesuffix(".rss"))
    assert terminal.lines("selection", "list", "--site", "news") == ["politics\tflipboard\tprivate\t정치만"]
    terminal.lines("selection", "revoke-token", "--site", "news", "politics")
    assert terminal.lines("selection", "list", "--site", "news") == ["politics\tflipboard\trevoked\t정치만"]


def test_removed_selection_is_listed_no_more(terminal: Terminal) -> None:
    terminal.lines(*LEAST)
    terminal.lines("selection", "remove", "--site", "news", "politics")

    assert terminal.lines("selection", "list", "--site", "news") == []
    assert "no such selection" in terminal.refusal("selection", "remove", "--site", "news", "politics")


def test_broken_rule_is_told_in_one_line(terminal: Terminal) -> None:
    assert "logo: is required for SmartNews" in terminal.refusal(*LEAST, "--profile", "smartnews")
    assert "language: must begin with a language of ISO 639" in terminal.refusal(*LEAST, "--language", "xx")
