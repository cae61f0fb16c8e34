"""The one HTTP client for everything that Sokbo sends out.

It reaches public addresses only, follows nothing, keeps nothing, and bounds the time and size of every answer.
"""

import asyncio
import re
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

import sokbo
from sokbo.domain.delivery import IN_FLIGHT_PER_HOST
from sokbo.net import addresses
from sokbo.net.bounded import BoundedConnector
from sokbo.net.resolving import OwnThreads
from sokbo.net.urls import UnusableUrl, check_url
from sokbo.settings import Network

TIMEOUT_SECONDS = 15.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_EXCERPT_BYTES = 256
DNS_CACHE_SECONDS = 60
#: A URL in which nothing is left to be escaped, whose host is in its usual form.
_PLAIN = re.compile(
    r"https?://[a-z0-9.:_\[\]-]+/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
#: What a request may fail with that is no fault of ours.
_FAILURES = (UnusableUrl, TimeoutError, aiohttp.ClientError)


class Reason(StrEnum):
    """Why there is no answer to judge."""

    INVALID_URL = "invalid_url"
    BLOCKED_ADDRESS = "blocked_address"
    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    TIMEOUT = "timeout"  # no status came in time
    TOO_SLOW = "too_slow"  # a status came, but the answer didn't end in time


class RemoteFailure(Exception):
    """The remote or the network failed. `detail` is for the operator and never holds our secrets."""

    def __init__(self, reason: Reason, detail: str, duration_seconds: float):
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
        self.duration_seconds = duration_seconds


@dataclass(frozen=True, slots=True)
class RemoteResponse:
    """A remote's answer, of any status. `headers` ignores case; `excerpt` is the body's beginning, printable."""

    status: int
    headers: Mapping[str, str]
    excerpt: str
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to a GET, of any status. `beginning` is as much of the body as was wanted; `length` the whole body's in bytes,
    None if it isn't known."""

    status: int
    headers: Mapping[str, str]
    beginning: bytes
    length: int | None


class GuardedClient:
    """Sends to whom we may; one for each process, made while its loop runs, closed at the end (or by `async with`).

    `allow` opens networks otherwise closed. Requests beyond eight to one host and port wait their turn, and that wait
    counts towards `timeout_seconds`. Names are looked up in the loop's threads, or in `lookups` of its own.
    """

    def __init__(self, allow: tuple[Network, ...] = (), *, timeout_seconds: float = TIMEOUT_SECONDS, lookups: int = 0):
        self._allow = allow
        self._timeout_seconds = timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=BoundedConnector(
                socket_factory=self._open_socket,
                resolver=OwnThreads(lookups) if lookups else None,
                limit=0,
                limit_per_host=IN_FLIGHT_PER_HOST,
                ttl_dns_cache=DNS_CACHE_SECONDS,
                # A kept connection may have died unseen, and a POST can't be sent again to find out; and thousands of
                # partners would each hold a file descriptor.
                force_close=True,
            ),
            headers={"User-Agent": f"Sokbo/{sokbo.__version__}", "Accept": "*/*", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None),  # `post` and `fetch` have a timer for all of it
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # so that the bound on an answer holds for what it would become
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop every connection."""
        await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> RemoteResponse:
        """The remote's answer, whatever its status; at most 64 KiB of it are read. One whose body breaks off, or breaks a rule,
        is an answer: its status has been said.

        Raises RemoteFailure.
        """
        started = time.monotonic()
        response: aiohttp.ClientResponse | None = None
        try:
            target = _target(url)
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._session.post(target, data=body, headers=headers, allow_redirects=False)
                excerpt = await _read(response)
            return RemoteResponse(response.status, response.headers, excerpt, time.monotonic() - started)
        except _FAILURES as error:
            raise self._failed(error, started, answered=response is not None) from error
        finally:
            if response is not None:
                response.close()

    async def fetch(self, url: str, headers: Mapping[str, str], enough: Callable[[bytes], bool], max_bytes: int) -> Fetched:
        """The remote's answer to a GET, read no further than to where its beginning is `enough` and its length is known, and
        never beyond `max_bytes`.

        Raises RemoteFailure.
        """
        started = time.monotonic()
        response: aiohttp.ClientResponse | None = None
        try:
            target = _target(url)
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._session.get(target, headers=headers, allow_redirects=False)
                beginning, length = await _read_beginning(response, enough, max_bytes)
            return Fetched(response.status, response.headers, beginning, length)
        except _FAILURES as error:
            raise self._failed(error, started, answered=response is not None) from error
        finally:
            if response is not None:
                response.close()

    def _failed(self, error: Exception, started: float, *, answered: bool) -> RemoteFailure:
        """What one of _FAILURES means."""
        seconds = time.monotonic() - started
        match error:
            case UnusableUrl():
                return RemoteFailure(Reason.INVALID_URL, str(error), 0.0)
            case aiohttp.ClientError() if not isinstance(error, TimeoutError):
                return RemoteFailure(*_explain(error), seconds)
            case _:
                reason = Reason.TOO_SLOW if answered else Reason.TIMEOUT
                return RemoteFailure(reason, f"no end after {self._timeout_seconds:g} s", seconds)

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for an address that is open to us. Every connection passes here, however its URL wrote the address."""
        family, kind, protocol, _, target = info
        addresses.check(str(target[0]), self._allow)
        return socket.socket(family, kind, protocol)


@lru_cache(maxsize=4096)
def _target(url: str) -> URL:
    """The URL as it is written: what it escapes, the remote may tell from what it doesn't (RFC 3986 section 2.2)."""
    parsed = check_url(url)
    return URL(url, encoded=True) if _PLAIN.fullmatch(url) else parsed


async def _read(response: aiohttp.ClientResponse) -> str:
    """The beginning of the body, once it has ended, broken off or passed 64 KiB."""
    beginning, length = b"", 0
    with suppress(aiohttp.ClientError):
        async for chunk in response.content.iter_any():
            if length < MAX_EXCERPT_BYTES:
                beginning += chunk[:MAX_EXCERPT_BYTES]
            length += len(chunk)
            if length >= MAX_ANSWER_BYTES:
                break
    return _printable(beginning[:MAX_EXCERPT_BYTES].decode(errors="replace"))


async def _read_beginning(
    response: aiohttp.ClientResponse, enough: Callable[[bytes], bool], max_bytes: int
) -> tuple[bytes, int | None]:
    """The beginning of the body, and the whole's length: as the remote says, or else counted."""
    said = None if "Content-Encoding" in response.headers else response.content_length
    beginning, length, sufficient = b"", 0, False
    async for chunk in response.content.iter_any():
        length += len(chunk)
        if length > max_bytes:
            return beginning, said
        if not sufficient:
            beginning += chunk
            sufficient = enough(beginning)
        if sufficient and said is not None:
            return beginning, said
    return beginning, length


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _explain(error: aiohttp.ClientError) -> tuple[Reason, str]:
    """The reason behind an error of aiohttp's, and what to tell the operator. The order matters: some are kinds of others."""
    match error:
        case aiohttp.InvalidURL():
            return Reason.INVALID_URL, error.description or ""
        case aiohttp.ClientSSLError():
            return Reason.TLS, str(error.os_error)
        case aiohttp.ClientConnectorDNSError():
            return Reason.DNS, error.strerror or ""
        case aiohttp.ClientConnectorError(os_error=addresses.BlockedAddress() as blocked):
            return Reason.BLOCKED_ADDRESS, str(blocked)
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return Reason.REFUSED, ""
        case aiohttp.ClientConnectorError():
            return Reason.UNREACHABLE, error.strerror or ""
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return Reason.DISCONNECTED, ""
        case aiohttp.ClientResponseError():
            return Reason.PROTOCOL, _printable(error.message)
        case _:
            return Reason.PROTOCOL, _printable(str(error))
