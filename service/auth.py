"""Who asks: bearer keys (RFC 6750), checked before the body is read.

A key is looked up first, and only one that isn't known counts against its sender's address: a key has 192 random bits and
can't be guessed, while many publishers may share an address (behind NAT, or a proxy that isn't named as trusted), and whoever
sends nonsense from there must not silence them.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

from service.http_protocol import EXPECTS_CONTINUE
from service.json_http import REQUEST_ID
from service.key_lookups import KeyAndSite, KeyLookups
from service.limits import RateLimit, network_of
from service.proxies import TrustedProxies
from sokbo.domain.key import ApiKey, Scope, token_digest
from sokbo.domain.site import Site
from sokbo.errors import Forbidden, TooLarge, Unauthorized

#: How long a key is believed without asking again; a revoked one works no longer than this.
BELIEVED_SECONDS = 2.0
MAX_KEYS = 10_000
_CHALLENGE = 'Bearer realm="sokbo"'


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's key, its site, and the id that the request has in all logs."""

    key: ApiKey
    site: Site
    request_id: str

    @property
    def as_actor(self) -> dict[str, str]:
        """The actor and the request id, as every operation takes them."""
        return {"actor": self.key.prefix, "request_id": self.request_id}


class Authenticator:
    """Finds keys by their digest and remembers them for a moment. For one loop's use."""

    def __init__(self, lookups: KeyLookups, proxies: TrustedProxies, *, per_key: RateLimit, failures: RateLimit):
        self._lookups = lookups
        self._proxies = proxies
        self._per_key = per_key
        self._failures = failures
        self._known: OrderedDict[str, tuple[float, KeyAndSite]] = OrderedDict()

    async def admit(self, request: web.Request, scope: Scope, *, max_body_bytes: int | None = None) -> Caller:
        """Whose request it is, counted against the key's rate. A sender who waits to be asked for the body is asked only now.
        `max_body_bytes` is the body's limit where it isn't the application's.

        Raises Unauthorized, Forbidden without the scope, RateLimited beyond the key's rate and, for a key that isn't known,
        beyond the address's, TooLarge, and Unavailable if the key can't be looked up.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("send an API key: Authorization: Bearer sokbo_...", headers=_challenge())
        origin = self._proxies.origin_of(request)
        key, site = await self._find(token_digest(token.strip()), network_of(origin))
        self._per_key.spend(key.id)
        if not key.allows(scope):
            raise Forbidden(f"the API key lacks the scope {scope!s}", headers=_challenge("insufficient_scope", scope))
        await ask_for_body(request, max_body_bytes or request.client_max_size)
        return Caller(key, site, request[REQUEST_ID])

    async def _find(self, digest: str, network: str) -> KeyAndSite:
        """The key and its site. While their address is beyond its rate, a key that was good before is looked up at once, and any
        other waits for the next paced look-up, so that what others send from there refuses no good key.

        Raises Unauthorized, RateLimited, Unavailable.
        """
        believed_until, known = self._known.get(digest, (-1.0, None))
        if known is not None and believed_until > time.monotonic():
            return known
        may_be_guess = known is None and self._failures.is_spent(network)
        found = await self._lookups.find(digest, can_wait=may_be_guess)
        self._known.pop(digest, None)
        if found is None:
            self._failures.spend(network)
            raise Unauthorized("the API key is not known or has been revoked", headers=_challenge("invalid_token"))
        self._known[digest] = (time.monotonic() + BELIEVED_SECONDS, found)
        while len(self._known) > MAX_KEYS:
            self._known.popitem(last=False)
        return found


def _challenge(error: str = "", scope: Scope | None = None) -> dict[str, str]:
    """The header that says what is needed; what is wrong with a key (RFC 6750 section 3.1), only to whoever has sent one."""
    told = [_CHALLENGE]
    if error:
        told.append(f'error="{error}"')
    if scope is not None:
        told.append(f'scope="{scope}"')
    return {"WWW-Authenticate": ", ".join(told)}


async def ask_for_body(request: web.Request, max_bytes: int) -> None:
    """Sends 100 Continue where it is waited for. Raises TooLarge for a body that is said to be too large."""
    if request.content_length is not None and request.content_length > max_bytes:
        raise TooLarge(f"the body must have at most {max_bytes} bytes")
    if request.get(EXPECTS_CONTINUE):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself hasn't begun
