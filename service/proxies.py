"""Whose request it is when a proxy passes it on."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from aiohttp import web

from sokbo.settings import Network

_KEPT_ADDRESSES = 4096


class TrustedProxies:
    """The proxies that are believed when they tell, in X-Forwarded-For, from which address a request came to them."""

    def __init__(self, networks: Sequence[Network]):
        self._networks = networks
        self.trusts = lru_cache(maxsize=_KEPT_ADDRESSES)(self._trusts)

    def origin_of(self, request: web.Request) -> str:
        """The address that the request comes from."""
        return self.origin(request.remote or "", request.headers.getall("X-Forwarded-For", ()))

    def origin(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address that the request comes from: the last one that no trusted proxy has. `forwarded` are the lines of
        X-Forwarded-For, to which each proxy adds whom it heard, so that what stands before may be anyone's invention."""
        told = [address.strip() for line in forwarded for address in line.split(",")]
        origin = peer
        while told and self.trusts(origin) and _is_address(told[-1]):
            origin = told.pop()
        return origin

    def _trusts(self, address: str) -> bool:
        if not self._networks or not _is_address(address):
            return False
        parsed = ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self._networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
