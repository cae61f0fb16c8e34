"""Signatures of Standard Webhooks 1.0 and the keys that make them: a shared secret for v1, a private key for v1a."""

import base64
import hmac
import os
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sokbo.domain.partner import Signature

SHARED_PREFIX = "whsec_"
PRIVATE_KEY_PREFIX = "whsk_"
PUBLIC_KEY_PREFIX = "whpk_"

_SECRET_BYTES = 32


def new_key(signature: Signature = Signature.V1) -> str:
    """What pushes are signed with: for v1 `whsec_` and 32 random bytes in base64, for v1a `whsk_` and the 32 byte seed of an
    ed25519 key (RFC 8032 section 5.1.5)."""
    if signature is Signature.V1A:
        return PRIVATE_KEY_PREFIX + _encode(Ed25519PrivateKey.generate().private_bytes_raw())
    return SHARED_PREFIX + _encode(os.urandom(_SECRET_BYTES))


def verification_key(key: str) -> dict[str, str]:
    """What to hand out, by its name: the `secret` itself, or a private key's `public_key`, `whpk_` and 32 bytes in base64."""
    if key.startswith(PRIVATE_KEY_PREFIX):
        return {"public_key": PUBLIC_KEY_PREFIX + _encode(_load(key).public_key().public_bytes_raw())}
    return {"secret": key}


def sign(keys: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature per secret or private key, in their order, separated by spaces.

    Signed is `id.timestamp.body`; `timestamp` is in seconds since 1970.
    """
    message = b"%b.%d.%b" % (webhook_id.encode(), timestamp, body)
    return " ".join(_signature(key, message) for key in keys)


def _signature(key: str, message: bytes) -> str:
    if key.startswith(PRIVATE_KEY_PREFIX):
        return f"{Signature.V1A},{_encode(_load(key).sign(message))}"
    secret = base64.b64decode(key.removeprefix(SHARED_PREFIX), validate=True)
    return f"{Signature.V1},{_encode(hmac.digest(secret, message, 'sha256'))}"


def _load(private_key: str) -> Ed25519PrivateKey:
    seed = base64.b64decode(private_key.removeprefix(PRIVATE_KEY_PREFIX), validate=True)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
