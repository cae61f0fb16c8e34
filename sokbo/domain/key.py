"""API keys: shown once, kept as a digest, good for one site and the scopes they name."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sokbo.domain.ids import KeyId, SiteId

_PREFIX = "sokbo_"
_RANDOM_BYTES = 24
VISIBLE_CHARACTERS = len(_PREFIX) + 6


class Scope(StrEnum):
    """`ADMIN` implies the others."""

    PUBLISH = "publish"
    PARTNERS = "partners"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`prefix` is the part of the token that may be shown and logged."""

    id: KeyId
    site_id: SiteId
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    label: str = ""

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


def new_token() -> str:
    """A token with 192 random bits."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def token_digest(token: str) -> str:
    """The SHA-256 of a token in hex: all that is stored. A token is random, so no slow hash is needed.

    What a header holds that isn't UTF-8 (as surrogates, PEP 383) is hashed as well, and is no key's digest.
    """
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()
