from ipaddress import ip_network

import pytest

from sokbo.net.urls import MAX_URL_CHARACTERS, UnusableUrl, check_url


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example/hook",
        "http://partner.example:8443/hook?site=1&site=2",
        "HTTPS://Partner.Example",
        "https://속보.example/알림",
        "https://_dmarc.partner.example./x",
        "http://93.184.215.14/",
        "http://partner.example?to=desk@partner.example",
        "http://[2606:4700:4700::1111]:8080/",
    ],
)
def test_sound_url_passes(url: str) -> None:
    check_url(url, ())


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("", "must begin with http"),
        ("partner.example/hook", "must begin with http"),
        ("//partner.example/hook", "must begin with http"),
        ("ftp://partner.example/", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("javascript:alert(1)", "must begin with http"),
        ("http://", "must name a host"),
        ("http:///hook", "must name a host"),
        ("http://a..b/", "must name a host"),
        ("http://2130706433/", "must write an address in its usual form, such as 192.0.2.1"),
        ("http://0x7f.1/", "must write an address in its usual form, such as 192.0.2.1"),
        ("http://127.1:80/hook", "must write an address in its usual form, such as 192.0.2.1"),
        ("http://0/", "must write an address in its usual form, such as 192.0.2.1"),
        ("http://example.123./", "must write an address in its usual form, such as 192.0.2.1"),
        ("http://-a.example/", "must name a host"),
        (f"http://{'a' * 64}.example/", "must name a host"),
        ("http://:80/", "must be a well-formed URL"),
        ("http://partner.example:99999/", "must be a well-formed URL"),
        ("http://a]b[@", "must be a well-formed URL"),
        ("http://[::1/", "must be a well-formed URL"),
        ("http://user:password@partner.example/", "must not contain a user name or password"),
        ("http://user@partner.example/", "must not contain a user name or password"),
        ("http://:password@partner.example/", "must not contain a user name or password"),
        ("http://@partner.example/", "must not contain a user name or password"),
        ("http://partner.example/#top", "must not contain a fragment"),
        ("http://partner.example/#", "must not contain a fragment"),
        ("http://partner .example/", "must not contain spaces"),
        ("http://part\nner.example/", "must not contain spaces"),
        ("http://partner.example/\r\nX: y", "must not contain spaces"),
        ("http://partner.example\\@other.example/", "must not contain spaces"),
        ("http://[fe80::1%25eth0]/", "must not contain a zone id"),
        ("http://[fe80::1%eth0]/", "must not contain a zone id"),
        ("http://%31%32%37.0.0.1/", "must not contain a zone id"),
        (f"http://partner.example/{'a' * MAX_URL_CHARACTERS}", "must have at most"),
    ],
)
def test_unsound_url_is_refused_with_its_rule(url: str, rule: str) -> None:
    with pytest.raises(UnusableUrl, match=rule):
        check_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest/meta-data"])
def test_closed_literal_address_is_refused_where_networks_are_judged(url: str) -> None:
    check_url(url)
    with pytest.raises(UnusableUrl, match="private or reserved"):
        check_url(url, ())


def test_allowed_literal_address_passes() -> None:
    check_url("http://127.0.0.1:9000/hook", (ip_network("127.0.0.0/8"),))
