from ipaddress import ip_network

import pytest

from service.proxies import TrustedProxies

PROXIES = TrustedProxies([ip_network("10.1.0.0/16"), ip_network("2001:db8::/64")])


@pytest.mark.parametrize(
    ("peer", "forwarded", "origin"),
    [
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.1.0.1", [], "10.1.0.1"),
        ("10.1.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.1.0.1", ["198.51.100.1, 192.0.2.1"], "192.0.2.1"),
        ("10.1.0.1", ["198.51.100.1, 192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        ("10.1.0.1", ["198.51.100.1", "192.0.2.1", "10.1.2.3"], "192.0.2.1"),
        ("10.1.0.1", ["10.1.0.9,10.1.0.8"], "10.1.0.9"),
        ("2001:db8::1", ["2001:db8:1::1"], "2001:db8:1::1"),
        ("::ffff:10.1.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.1.0.1", ["192.0.2.1, unknown"], "10.1.0.1"),
        ("10.1.0.1", ["192.0.2.1, 10.1.0.2, "], "10.1.0.1"),
        ("10.1.0.1", ["192.0.2.1:1234"], "10.1.0.1"),
        ("", ["192.0.2.1"], ""),
    ],
)
def test_request_comes_from_the_last_address_that_no_trusted_proxy_has(peer: str, forwarded: list[str], origin: str) -> None:
    assert PROXIES.origin(peer, forwarded) == origin


def test_nobody_is_trusted_without_being_named() -> None:
    assert TrustedProxies([]).origin("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"
