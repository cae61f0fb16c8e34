import pytest

from sokbo.cli.public_url import note_url
from sokbo.domain.site import Site, StandingLink

from .conftest import Terminal


def _site(terminal: Terminal, name: str) -> Site:
    with terminal.database.read() as uow:
        site = uow.sites.by_name(name)
    assert site is not None
    return site


def _waits_for_rendering(terminal: Terminal) -> bool:
    with terminal.database.read() as uow:
        return bool(uow.sites.being_rendered())


def test_site_is_made_with_what_was_said(terminal: Terminal) -> None:
    terminal.lines(
        *("site", "create", "daily", "--title", "데일리", "--base-url", "https://뉴스.example/d", "--language", "en-GB"),
        *("--timezone", "Europe/London", "--description", "News, daily", "--footer", "© Daily"),
        *("--standing-text", "실시간 뉴스 속보는,", "--standing-url", "https://newsdao.kr#live"),
        *("--logo", "https://뉴스.example/로고.png"),
    )

    site = _site(terminal, "daily")
    assert (site.title, site.base_url) == ("데일리", "https://xn--vg1b002a.example/d")
    assert (site.language, site.timezone, site.description) == ("en-GB", "Europe/London", "News, daily")
    assert (site.footer, site.standing_link) == ("© Daily", StandingLink("실시간 뉴스 속보는,", "https://newsdao.kr/#live"))
    assert site.logo == "https://xn--vg1b002a.example/%EB%A1%9C%EA%B3%A0.png"
    assert terminal.audit() == [("cli", "site.create", "daily")]


def test_name_is_enough(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily")

    site = _site(terminal, "daily")
    assert (site.title, site.base_url, site.standing_link) == ("daily", "http://127.0.0.1:8080/daily", None)
    assert site.logo is None
    assert (site.language, site.timezone) == ("ko", "Asia/Seoul")


def test_new_site_is_where_the_service_is(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    note_url(terminal.data, "http://127.0.0.1:8181")
    terminal.lines("site", "create", "one")
    monkeypatch.setenv("SOKBO_PUBLIC_URL", "https://news.example/")
    terminal.lines("site", "create", "two")

    assert [_site(terminal, name).base_url for name in ("one", "two")] == [
        "http://127.0.0.1:8181/one",
        "https://news.example/two",
    ]


def test_change_keeps_what_it_does_not_name_and_has_the_site_rendered_anew(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily", "--title", "Daily", "--footer", "foot", "--standing-url", "https://a.example/")
    with terminal.database.write() as uow:
        [(site_id, below)] = uow.sites.being_rendered()
        uow.sites.rendered_down_to(site_id, below, None)
        uow.commit()

    terminal.lines("site", "set", "daily", "--title", "Weekly", "--standing-url", "")

    site = _site(terminal, "daily")
    assert (site.title, site.footer, site.standing_link) == ("Weekly", "foot", None)
    assert _waits_for_rendering(terminal)
    assert terminal.audit()[-1] == ("cli", "site.change", "daily")


def test_logo_is_shown_kept_changed_and_taken_away(terminal: Terminal) -> None:
    made = terminal.lines("site", "create", "daily", "--logo", "https://a.example/a.png")
    assert "logo         https://a.example/a.png" in made

    assert terminal.lines("site", "set", "daily", "--title", "Weekly")[-1] == made[-1]
    assert _site(terminal, "daily").logo == "https://a.example/a.png"
    terminal.lines("site", "set", "daily", "--logo", "https://a.example/b.gif")
    assert _site(terminal, "daily").logo == "https://a.example/b.gif"
    assert "logo" not in " ".join(terminal.lines("site", "set", "daily", "--logo", ""))
    assert _site(terminal, "daily").logo is None


def test_logo_that_a_portals_feed_needs_is_not_taken_away(terminal: Terminal) -> None:
    logo = ("--logo", "https://a.example/a.png")
    terminal.lines("site", "create", "daily", *logo)
    terminal.lines("selection", "add", "--site", "daily", "own", "--title", "Own", "--profile", "smartnews", *logo)
    terminal.lines("site", "set", "daily", "--logo", "")
    terminal.lines("site", "set", "daily", *logo)
    terminal.lines("selection", "add", "--site", "daily", "chosen", "--title", "Chosen", "--profile", "smartnews")

    assert terminal.refusal("site", "set", "daily", "--logo", "") == "Error: logo: is required for the selection chosen"


def test_sites_are_listed_one_a_line(terminal: Terminal) -> None:
    terminal.lines("site", "create", "one", "--title", "하나")
    terminal.lines("site", "create", "two")

    assert terminal.lines("site", "list") == [
        "one\tko\tAsia/Seoul\thttp://127.0.0.1:8080/one\t하나",
        "two\tko\tAsia/Seoul\thttp://127.0.0.1:8080/two\ttwo",
    ]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("v1",), "name: must be 1 to 40 lower-case letters, digits and inner hyphens, and no word that Sokbo reserves"),
        (("Daily",), "name: must be 1 to 40 lower-case letters, digits and inner hyphens, and no word that Sokbo reserves"),
        (("daily", "--title", " "), "title: must not be empty"),
        (("daily", "--language", "korean!"), "language: must be a BCP 47 language tag, such as ko or en-GB"),
        (("daily", "--language", "xx"), "language: must begin with a language of ISO 639, such as ko or en: xx is none"),
        (("daily", "--language", "en-UK"), "language: must have a region of ISO 3166-1, such as KR or GB, or none: UK is none"),
        (("daily", "--timezone", "../etc"), "timezone: must be a time zone of the IANA database, such as Asia/Seoul"),
        (("daily", "--base-url", "ftp://a.example"), "base_url: must begin with http:// or https://"),
        (("daily", "--base-url", "https://a.example/"), "base_url: must not end in a slash or have a query or fragment"),
        (("daily", "--base-url", "https://a.example/d?x"), "base_url: must not end in a slash or have a query or fragment"),
        (("daily", "--standing-url", "javascript:alert(1)"), "standing_url: must begin with http:// or https://"),
        (("daily", "--standing-text", "속보"), "standing_url: is required with standing_text"),
        (("daily", "--logo", "data:image/png;base64,"), "logo: must begin with http:// or https://"),
        (("daily", "--logo", "/logo.png"), "logo: must begin with http:// or https://"),
        (("daily", "--logo", "https://me:pw@a.example/a.png"), "logo: must not contain a user name or password"),
        (("daily", "--logo", "https://a.example/\x01.png"), "logo: must not contain spaces, control characters or backslashes"),
        (("daily", "--logo", "https://a.example/" + "a" * 2048), "logo: must have at most 2048 characters"),
        (("daily", "--logo", "https://a.example/a.SVG?v=1"), "logo: must lead to a GIF, JPEG or PNG image"),
    ],
)
def test_broken_rule_is_one_line(terminal: Terminal, arguments: tuple[str, ...], line: str) -> None:
    assert terminal.refusal("site", "create", *arguments) == f"Error: {line}"


def test_site_is_not_changed_to_a_language_that_does_not_exist(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily", "--language", "iw")
    assert _site(terminal, "daily").language == "he"

    refusal = terminal.refusal("site", "set", "daily", "--language", "zz-ZZ")
    assert refusal == "Error: language: must begin with a language of ISO 639, such as ko or en: zz is none"
    assert _site(terminal, "daily").language == "he"


def test_names_and_base_urls_are_one_sites_each(terminal: Terminal) -> None:
    terminal.lines("site", "create", "one", "--base-url", "https://a.example")
    terminal.lines("site", "create", "two")

    assert terminal.refusal("site", "create", "one") == "Error: there is a site one already"
    taken = terminal.refusal("site", "set", "two", "--base-url", "https://a.example")
    assert taken == "Error: the site one has the base URL https://a.example already"


def test_standing_link_goes_with_its_url(terminal: Terminal) -> None:
    terminal.lines("site", "create", "daily", "--standing-text", "속보는,", "--standing-url", "https://a.example/")
    terminal.lines("site", "set", "daily", "--standing-url", "")
    assert _site(terminal, "daily").standing_link is None


def test_site_at_a_host_itself_has_that_host_alone(terminal: Terminal) -> None:
    terminal.lines("site", "create", "own", "--base-url", "https://own.example")
    terminal.lines("site", "create", "below", "--base-url", "https://shared.example/below")

    told = "one at a host itself has that host alone"
    for base_url in ("http://own.example", "https://own.example/sub", "https://shared.example"):
        assert terminal.refusal("site", "create", "other", "--base-url", base_url).endswith(told)
    terminal.lines("site", "create", "other", "--base-url", "https://shared.example/other")
    terminal.lines("site", "set", "own", "--title", "Own")


def test_unknown_site_is_not_changed(terminal: Terminal) -> None:
    assert terminal.refusal("site", "set", "nowhere", "--title", "x") == "Error: there is no site nowhere"


def test_path_that_only_a_proxy_can_serve_is_warned_of(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKBO_PUBLIC_URL", "https://a.example")
    for arguments in (("create", "one"), ("create", "two", "--base-url", "https://b.example/2"), ("set", "one", "--title", "1")):
        assert terminal.run("site", *arguments).stderr == ""
    for arguments in (("set", "one", "--base-url", "https://a.example/1"), ("create", "v", "--base-url", "https://a.example/v1")):
        assert "at https://a.example/" in terminal.run("site", *arguments).stderr
