"""Partners' secrets at rest: encrypted with a key that lives outside the database."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sokbo.settings import KEY_BYTES

_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class SealBroken(Exception):
    """The bytes were sealed with another key or for another owner, or are damaged."""


class Sealer:
    """Seals with AES-256-GCM (NIST SP 800-38D): a key id of 4 bytes, a nonce of 12, the ciphertext with its tag.

    The owner's id is authenticated with the text, so that a secret moved to another partner's row doesn't open.
    """

    def __init__(self, secret_key: bytes):
        if len(secret_key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes")
        self._cipher = AESGCM(secret_key)
        self._key_id = hashlib.sha256(b"sokbo key id" + secret_key).digest()[:_KEY_ID_BYTES]

    def seal(self, text: str, owner: str) -> bytes:
        """`text`, to be opened by the same key for the same owner only."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._key_id + nonce + self._cipher.encrypt(nonce, text.encode(), self._key_id + owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """The text that was sealed. Raises SealBroken."""
        key_id, nonce, ciphertext = (
            sealed[:_KEY_ID_BYTES],
            sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES],
            sealed[_KEY_ID_BYTES + _NONCE_BYTES :],
        )
        if key_id != self._key_id:
            raise SealBroken("sealed with another key")
        try:
            return self._cipher.decrypt(nonce, ciphertext, key_id + owner.encode()).decode()
        except (InvalidTag, ValueError) as error:  # ValueError: cut so short that no nonce is left
            raise SealBroken("sealed for another owner, or damaged") from error
