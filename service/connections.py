"""The open connections: how many there may be, which have waited too long for their sender, and how they end."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.limits import network_of

#: How often connections are looked over. One look at all of them costs less than a timer for each request.
CHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ReadTimeouts:
    """How long a sender may take: for a request's head, counted from its first byte or from the connection's start, and for
    the whole body, besides what its length takes at the least rate."""

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    least_bytes_per_second: float = 20_000.0

    def for_body(self, length: int | None) -> float:
        """Seconds that a body of `length` bytes may take; `length` is None if the request doesn't say it."""
        return self.body_seconds + (length or 0) / self.least_bytes_per_second


class Connection(Protocol):
    """What is told of a connection here."""

    def check(self, now: float) -> None:
        """Ends the connection, or fails its request, if the sender has taken too long by `now`, the loop's time."""
        ...

    def end(self) -> None:
        """Closes the connection: now if nothing is under way, else after the answer."""
        ...


class Connections:
    """A process's connections, `total` at most, and `per_address` from one address or IPv6 network, but for proxies that are
    trusted. For one loop's use."""

    def __init__(
        self,
        *,
        per_address: int,
        total: int,
        timeouts: ReadTimeouts | None = None,
        trusts: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.timeouts = timeouts or ReadTimeouts()
        self._trusts = trusts
        self.refused = 0
        self._per_address = per_address
        self._total = total
        self._open: dict[Connection, str] = {}
        self._of_address: Counter[str] = Counter()
        self._all_closed = asyncio.Event()

    def admit(self, connection: Connection, address: str) -> bool:
        """True if there is room for a connection from there; `leave` must follow. `refused` counts the others."""
        network = network_of(address)
        is_full = self._of_address[network] >= self._per_address and not self._trusts(address)
        if len(self._open) >= self._total or is_full:
            self.refused += 1
            return False
        self._open[connection] = network
        self._of_address[network] += 1
        return True

    def leave(self, connection: Connection) -> None:
        """Makes room again; does nothing for a connection that wasn't admitted."""
        network = self._open.pop(connection, None)
        if network is None:
            return
        self._of_address[network] -= 1
        if not self._of_address[network]:
            del self._of_address[network]
        if not self._open:
            self._all_closed.set()

    async def check(self) -> None:
        """Ends what has waited too long for its sender."""
        now = asyncio.get_running_loop().time()
        for connection in list(self._open):
            connection.check(now)

    async def drain(self, timeout_seconds: float) -> None:
        """Ends all connections, and returns when their requests are answered or the time is over."""
        self._all_closed.clear()
        for _ in range(2):
            await asyncio.sleep(0)  # aiohttp needs two turns to begin a request whose head has come
        for connection in list(self._open):
            connection.end()
        if self._open:
            try:
                await asyncio.wait_for(self._all_closed.wait(), timeout_seconds)
            except TimeoutError:
                return
