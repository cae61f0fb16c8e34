"""Where the key that seals partners' secrets comes from: the settings, or a file made once in the data folder."""

import base64
import os
import secrets
from pathlib import Path

from sokbo.disk import sync
from sokbo.errors import StartupError
from sokbo.settings import KEY_BYTES, Settings, decoded_key

FILE_NAME = "secret.key"


def load_secret_key(settings: Settings) -> bytes:
    """The 32 bytes of `secret_key`, or of the data folder's file, which is made if there is none.

    Raises StartupError if that doesn't hold 32 bytes in base64, or can't be read or made.
    """
    if settings.secret_key:
        return decoded_key(settings.secret_key)
    path = settings.data / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        return decoded_key(path.read_text())
    except OSError as error:
        raise StartupError(f"the secret key can't be read or made: {error.filename or path}: {error.strerror}") from error
    except ValueError as error:
        raise StartupError(f"{path} {error}") from error


def _create(path: Path) -> None:
    """Make the file whole and readable by its owner alone, unless another process has made it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)  # unlike a rename, never in another one's place
        except FileExistsError:
            return
        sync(path.parent)  # the new name must outlive a power cut: secrets sealed with a lost key are lost
    finally:
        draft.unlink()
