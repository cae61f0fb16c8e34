import pytest

from sokbo.domain.event import EventType
from sokbo.domain.partner import ContentProfile, Filter, Partner
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.settings import Settings

from .conftest import Terminal

LEAST = ("partner", "add", "--site", "news", "--name", "Partner", "--url", "https://partner.example/hook")


@pytest.fixture(autouse=True)
def _site(terminal: Terminal) -> None:
    terminal.lines("site", "create", "news")


def _partners(terminal: Terminal) -> list[Partner]:
    with terminal.database.read() as uow:
        site = uow.sites.by_name("news")
        assert site is not None
        return [*uow.partners.page(site.id, "", 10)]


def test_partner_is_registered_with_what_was_said(terminal: Terminal) -> None:
    terminal.lines(
        *LEAST,
        *("--event", "breaking.started", "--category", "정치", "--category", "Foreign Affairs", "--tag", "APEC"),
        *("--breaking-only", "--content", "full", "--rel", "sponsored nofollow"),
    )

    [partner] = _partners(terminal)
    assert (partner.name, partner.channel, partner.url) == ("Partner", "webhook", "https://partner.example/hook")
    assert (partner.content, partner.rel) == (ContentProfile.FULL, "sponsored nofollow")
    assert partner.filter == Filter((EventType.BREAKING_STARTED,), ("foreign-affairs", "정치"), ("apec",), breaking_only=True)
    assert terminal.audit()[-1] == ("cli", "partner.register", partner.id)


def test_secret_stands_alone_on_the_last_line_and_is_the_one_that_signs(terminal: Terminal) -> None:
    said, secret = terminal.lines(*LEAST)

    [partner] = _partners(terminal)
    assert partner.id in said
    with terminal.database.read() as uow:
        [sealed] = uow.partners.addressees([partner.id], uow.now)[partner.id].sealed_secrets
    assert Sealer(load_secret_key(Settings(data=terminal.data))).open(sealed, partner.id) == secret


def test_disabled_partner_says_so_until_it_is_enabled(terminal: Terminal) -> None:
    terminal.lines(*LEAST)
    [partner] = _partners(terminal)

    assert terminal.lines("partner", "disable", "--site", "news", partner.id) == ["Partner is disabled (by the operator)."]
    assert terminal.lines("partner", "list", "--site", "news") == [
        f"{partner.id}\tdisabled (by the operator)\twebhook\thttps://partner.example/hook\tPartner"
    ]

    assert terminal.lines("partner", "enable", "--site", "news", partner.id) == ["Partner is active."]
    assert [action for _, action, _ in terminal.audit()][-2:] == ["partner.disable", "partner.enable"]


def test_broken_rule_is_one_line_that_names_the_field(terminal: Terminal) -> None:
    assert terminal.refusal(*LEAST, "--rel", "dofollow").startswith("Error: rel: must not say dofollow")
    assert terminal.refusal(*LEAST, "--url", "http://10.0.0.1/").startswith("Error: url: must not lead to a private")
    assert _partners(terminal) == []


def test_allowed_network_can_be_pushed_to(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_CALLBACK_ALLOW", "127.0.0.0/8")

    terminal.lines(*LEAST, "--url", "http://127.0.0.1:9000/")

    assert _partners(terminal)[0].url == "http://127.0.0.1:9000/"


def test_key_pair_is_told_by_its_public_half_and_may_give_way_to_a_secret(terminal: Terminal) -> None:
    *_, said, public = terminal.lines(*LEAST, "--signature", "v1a")
    assert "its public key" in said
    assert public.startswith("whpk_")
    [partner] = _partners(terminal)
    assert partner.signature == "v1a"

    rotated = ("partner", "rotate-secret", "--site", "news", partner.id)
    assert terminal.lines(*rotated)[-1].startswith("whpk_")
    assert terminal.lines(*rotated, "--signature", "v1")[-1].startswith("whsec_")
    assert _partners(terminal)[0].signature == "v1"


def test_unknown_partner_is_refused(terminal: Terminal) -> None:
    assert terminal.refusal("partner", "disable", "--site", "news", "ptr_x") == "Error: the site has no such partner"


def test_new_secret_stands_alone_on_the_last_line_and_both_sign(terminal: Terminal) -> None:
    first = terminal.lines(*LEAST)[-1]
    [partner] = _partners(terminal)

    second = terminal.lines("partner", "rotate-secret", "--site", "news", partner.id)[-1]

    sealer = Sealer(load_secret_key(Settings(data=terminal.data)))
    with terminal.database.read() as uow:
        secrets = uow.partners.addressees([partner.id], uow.now)[partner.id].sealed_secrets
    assert [sealer.open(sealed, partner.id) for sealed in secrets] == [second, first]
    assert terminal.audit()[-1] == ("cli", "partner.rotate-secret", partner.id)
    refused = terminal.refusal("partner", "rotate-secret", "--site", "news", "--overlap-seconds", "604801", partner.id)
    assert refused.startswith("Error: overlap_seconds: must be a whole number from 0 to 604800")


def test_replay_says_how_many_are_due_again(terminal: Terminal) -> None:
    terminal.lines(*LEAST)
    [partner] = _partners(terminal)
    replay = ("partner", "replay", "--site", "news", partner.id)

    [said] = terminal.lines(*replay, "--dead")

    assert said == "0 are due again; 0 were left out because something newer has taken their place."
    assert terminal.audit()[-1] == ("cli", "partner.replay", partner.id)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say what to send again: --delivery, --since or --dead, and only one of them"),
        (
            ("--dead", "--since", "2026-03-02T09:00:00Z"),
            "say what to send again: --delivery, --since or --dead, and only one of them",
        ),
        (("--until", "2026-03-02T09:00:00Z"), "say what to send again: --delivery, --since or --dead, and only one of them"),
        (("--dead", "--until", "2026-03-02T09:00:00Z"), "--until: needs since"),
        (("--since", "2026-03-02T09:00:00Z", "--until", "2026-03-02T08:00:00Z"), "--until: must be after since"),
        (("--since", "now"), "--since: must be an RFC 3339 date-time with a zone, such as 2026-11-21T09:00:00+09:00"),
        (
            ("--delivery", "evt_x"),
            "--delivery evt_x: is no dead letter of this partner's, and no delivery to it of the last 30 days",
        ),
    ],
)
def test_replay_that_makes_no_sense_is_refused_by_option(terminal: Terminal, options: tuple[str, ...], said: str) -> None:
    terminal.lines(*LEAST)
    [partner] = _partners(terminal)
    assert terminal.refusal("partner", "replay", "--site", "news", partner.id, *options) == f"Error: {said}"
