"""Signatures of Standard Webhooks 1.0: v1 by a shared secret, v1a by a key pair whose public half a partner may hold."""

import base64
import hmac
import os
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SHARED_PREFIX = "whsec_"
PRIVATE_KEY_PREFIX = "whsk_"
PUBLIC_KEY_PREFIX = "whpk_"

_SECRET_BYTES = 32


def new_secret() -> str:
    """A shared secret for v1: `whsec_` and 32 random bytes in base64."""
    return SHARED_PREFIX + _encode(os.urandom(_SECRET_BYTES))


def new_private_key() -> str:
    """An ed25519 key for v1a: `whsk_` and its 32 byte seed in base64 (RFC 8032 section 5.1.5)."""
    return PRIVATE_KEY_PREFIX + _encode(Ed25519PrivateKey.generate().private_bytes_raw())


def public_key(private_key: str) -> str:
    """The half to hand out: `whpk_` and 32 bytes in base64."""
    return PUBLIC_KEY_PREFIX + _encode(_load(private_key).public_key().public_bytes_raw())


def sign(secrets: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature per secret or private key, in their order, separated by spaces.

    Signed is `id.timestamp.body`; `timestamp` is in seconds since 1970.
    """
    message = b"%b.%d.%b" % (webhook_id.encode(), timestamp, body)
    return " ".join(_signature(secret, message) for secret in secrets)


def _signature(secret: str, message: bytes) -> str:
    if secret.startswith(PRIVATE_KEY_PREFIX):
        return f"v1a,{_encode(_load(secret).sign(message))}"
    key = base64.b64decode(secret.removeprefix(SHARED_PREFIX), validate=True)
    return f"v1,{_encode(hmac.digest(key, message, 'sha256'))}"


def _load(private_key: str) -> Ed25519PrivateKey:
    seed = base64.b64decode(private_key.removeprefix(PRIVATE_KEY_PREFIX), validate=True)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
