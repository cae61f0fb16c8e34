"""Rates, kept in this process's memory: they hold also while the broker is down."""

import math
import time
from collections import OrderedDict
from ipaddress import IPv6Address

from sokbo.errors import RateLimited

MAX_NAMES = 10_000
_MINUTE = 60.0


class RateLimit:
    """A bucket per name that holds `per_minute` tokens and fills evenly; the names used last are remembered."""

    def __init__(self, per_minute: int):
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, name: str) -> None:
        """Takes a token. Raises RateLimited, with the seconds to wait, if the name has none left."""
        tokens = self._tokens(name)
        if tokens < 1:
            wait = max(1, math.ceil((1 - tokens) * _MINUTE / self._per_minute))
            raise RateLimited(f"more than {self._per_minute} a minute", headers={"Retry-After": str(wait)})
        self._buckets[name] = (tokens - 1, time.monotonic())
        self._buckets.move_to_end(name)
        while len(self._buckets) > MAX_NAMES:
            self._buckets.popitem(last=False)

    def is_spent(self, name: str) -> bool:
        """True if the name has no token left."""
        return self._tokens(name) < 1

    def _tokens(self, name: str) -> float:
        tokens, since = self._buckets.get(name, (float(self._per_minute), time.monotonic()))
        return min(float(self._per_minute), tokens + (time.monotonic() - since) * self._per_minute / _MINUTE)


def network_of(address: str) -> str:
    """What counts as one remote address: an IPv4 address, or the 64 bits of an IPv6 address that its holder can't choose."""
    if ":" not in address:
        return address
    parsed = IPv6Address(address)
    return str(parsed.ipv4_mapped or parsed.packed[:8].hex())
