from ipaddress import ip_address, ip_network

import pytest

from sokbo.net.addresses import BlockedAddress, check, is_public

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:7f00:0:100::",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
OPEN = [
    "1.1.1.1",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:200::1",
    "2400:cb00:2048:1::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
]


@pytest.mark.parametrize("address", CLOSED)
def test_special_address_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(BlockedAddress):
        check(address)


@pytest.mark.parametrize("address", OPEN)
def test_public_address_passes(address: str) -> None:
    assert is_public(ip_address(address))
    check(address)


@pytest.mark.parametrize("text", ["", "localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "fe80::1%", "1.2.3.4/8"])
def test_what_is_no_canonical_address_is_refused(text: str) -> None:
    with pytest.raises(BlockedAddress):
        check(text, (ip_network("0.0.0.0/0"), ip_network("::/0")))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"])
def test_allowed_network_opens_its_addresses_however_written(address: str) -> None:
    check(address, (ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_allowed_network_opens_nothing_beside_it(address: str) -> None:
    with pytest.raises(BlockedAddress):
        check(address, (ip_network("127.0.0.0/8"),))


def test_ipv6_loopback_can_be_allowed() -> None:
    check("::1", (ip_network("::1/128"),))


def test_refusal_does_not_tell_where_a_name_led() -> None:
    with pytest.raises(BlockedAddress) as refused:
        check("10.20.30.40")
    assert "10.20" not in str(refused.value)
