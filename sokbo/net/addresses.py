"""Which addresses outbound requests may reach.

The list is our own: `ipaddress` calls NAT64, 6to4, multicast and fec0::/10 global, and 100.64.0.0/10 not private.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from sokbo.settings import Network

Address = IPv4Address | IPv6Address

_IPV4_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")

_DENIED: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's metadata service, on a public address
        "169.254.0.0/16",  # link-local, and most metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        # Outside 2000::/3 nothing is global unicast: loopback, ULA, link-local, site-local, multicast, discard, and
        # 64:ff9b:1::/48, where only the network's operator knows which bits are the IPv4 address (RFC 8215).
        "::/3",
        "4000::/2",
        "8000::/1",
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_DENIED_BY_VERSION = {version: tuple(net for net in _DENIED if net.version == version) for version in (4, 6)}


class BlockedAddress(OSError):
    """The address isn't open to us. An OSError, so that connecting goes on to a name's next address."""


def is_public(address: Address) -> bool:
    """True if the address, or the IPv4 address that it stands for, lies on the public internet."""
    meant = _unmapped(address)
    return not any(meant in network for network in _DENIED_BY_VERSION[meant.version])


def check(address: str, allow: tuple[Network, ...] = ()) -> None:
    """Return if the address is public or lies, as written or unmapped, in `allow`.

    Raises BlockedAddress for every other one, and for what is no address; its text doesn't tell where a name led.
    """
    try:
        parsed = ip_address(address)
    except ValueError as error:
        raise BlockedAddress("not an IP address") from error
    if any(candidate in network for network in allow for candidate in (parsed, _unmapped(parsed))):
        return
    if not is_public(parsed):
        raise BlockedAddress("the address is not open to outbound requests")


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped, IPv4-compatible or NAT64 one (RFC 4291 section 2.5.5, RFC 6052); else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _IPV4_COMPATIBLE or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
