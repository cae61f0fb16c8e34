"""Who asks: bearer keys (RFC 6750), checked before the body is read."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

from service.answering import REQUEST_ID
from service.http_protocol import EXPECTS_CONTINUE
from service.limits import RateLimit, network_of
from service.proxies import TrustedProxies
from sokbo.domain.key import ApiKey, Scope, token_digest
from sokbo.domain.site import Site
from sokbo.errors import Forbidden, TooLarge, Unauthorized, Unavailable
from sokbo.storage import Database

#: How long a key is believed without asking again; a revoked one works no longer than this.
BELIEVED_SECONDS = 2.0
MAX_KEYS = 10_000
#: When a key couldn't be looked up, how long others aren't either: one after the other, the last would wait for minutes.
AWAY_SECONDS = 0.5
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="sokbo"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's key, its site, and the id that the request has in all logs."""

    key: ApiKey
    site: Site
    request_id: str


class Authenticator:
    """Finds keys by their digest and remembers them for a moment."""

    def __init__(self, database: Database, proxies: TrustedProxies, *, per_key: RateLimit, failures: RateLimit):
        self._database = database
        self._proxies = proxies
        self._per_key = per_key
        self._failures = failures
        self._known: OrderedDict[str, tuple[float, ApiKey, Site]] = OrderedDict()
        self._looking_up = asyncio.Lock()
        self._away: tuple[float, Unavailable] | None = None

    async def caller(self, request: web.Request, scope: Scope, *, max_body_bytes: int | None = None) -> Caller:
        """Whose request it is. A sender who waits to be asked for the body is asked only now. `max_body_bytes` is the body's
        limit where it isn't the application's.

        Raises Unauthorized, Forbidden without the scope, RateLimited beyond the key's or the address's rate, and TooLarge.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("send an API key: Authorization: Bearer sokbo_...", headers=_CHALLENGE)
        origin = self._proxies.origin(request.remote or "", request.headers.getall("X-Forwarded-For", ()))
        key, site = await self._find(token_digest(token.strip()), network_of(origin))
        self._per_key.check(key.id)
        self._per_key.take(key.id)
        if not key.allows(scope):
            raise Forbidden(f"the API key lacks the scope {scope!s}")
        await _ask_for_body(request, max_body_bytes or request.client_max_size)
        return Caller(key, site, request[REQUEST_ID])

    async def _find(self, digest: str, network: str) -> tuple[ApiKey, Site]:
        """The key and its site. One lookup at a time, so that guesses sent at once are counted before the next is looked up."""
        if (known := self._believed(digest)) is not None:
            return known
        async with self._looking_up:
            if (known := self._believed(digest)) is not None:
                return known
            self._failures.check(network)
            found = await self._look_up(digest)
            self._known.pop(digest, None)
            if found is None:
                self._failures.take(network)
                raise Unauthorized("the API key is not known or has been revoked", headers=_CHALLENGE)
            self._known[digest] = (time.monotonic() + BELIEVED_SECONDS, *found)
            while len(self._known) > MAX_KEYS:
                self._known.popitem(last=False)
            return found

    def _believed(self, digest: str) -> tuple[ApiKey, Site] | None:
        known = self._known.get(digest)
        return known[1:] if known is not None and known[0] > time.monotonic() else None

    async def _look_up(self, digest: str) -> tuple[ApiKey, Site] | None:
        """The key and its site, if it is one. Raises Unavailable, for those who waited for that at once."""
        if self._away is not None and time.monotonic() < self._away[0]:
            raise Unavailable(self._away[1].message, headers=self._away[1].headers)
        try:
            return await asyncio.to_thread(self._load, digest)
        except Unavailable as error:
            self._away = time.monotonic() + AWAY_SECONDS, error
            raise

    def _load(self, digest: str) -> tuple[ApiKey, Site] | None:
        with self._database.read() as uow:
            key = uow.keys.by_digest(digest)
            return None if key is None else (key, uow.sites.get(key.site_id))


async def _ask_for_body(request: web.Request, max_bytes: int) -> None:
    """Sends 100 Continue where it is waited for. Raises TooLarge for a body that is said to be too large."""
    if request.content_length is not None and request.content_length > max_bytes:
        raise TooLarge(f"the body must have at most {max_bytes} bytes")
    if request.get(EXPECTS_CONTINUE):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself hasn't begun
