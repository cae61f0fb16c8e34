import base64
import json
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from sokbo.domain.partner import Signature
from sokbo.net.signing import new_key, sign, verification_key

BODY = json.dumps({"title": "속보"}).encode()


def headers(signature: str, timestamp: int) -> dict[str, str]:
    return {"webhook-id": "msg_1", "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def test_secret_holds_32_random_bytes() -> None:
    secret = new_key()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_key()


def test_public_library_accepts_our_signature() -> None:
    secret, now = new_key(), int(time.time())
    signature = sign([secret], "msg_1", now, BODY)
    assert Webhook(secret).verify(BODY, headers(signature, now)) == {"title": "속보"}


def test_public_library_refuses_another_body_or_secret() -> None:
    secret, now = new_key(), int(time.time())
    signature = sign([secret], "msg_1", now, BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers(signature, now))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_key()).verify(BODY, headers(signature, now))


def test_signature_of_the_specifications_example_is_reproduced() -> None:
    signature = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_during_rotation_either_secret_verifies() -> None:
    old, new, now = new_key(), new_key(), int(time.time())
    signature = sign([new, old], "msg_1", now, BODY)
    assert signature.count(" ") == 1
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers(signature, now))


def test_public_half_verifies_a_v1a_signature() -> None:
    private = new_key(Signature.V1A)
    signature = sign([private], "msg_1", 1700000000, BODY)
    version, _, encoded = signature.partition(",")
    assert version == "v1a"
    [(name, public)] = verification_key(private).items()
    assert name == "public_key"
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    verifier.verify(base64.b64decode(encoded), b"msg_1.1700000000." + BODY)
    with pytest.raises(InvalidSignature):
        verifier.verify(base64.b64decode(encoded), b"msg_2.1700000000." + BODY)


def test_both_kinds_sign_together() -> None:
    secret, now = new_key(), int(time.time())
    signature = sign([new_key(Signature.V1A), secret], "msg_1", now, BODY)
    assert [part.partition(",")[0] for part in signature.split(" ")] == ["v1a", "v1"]
    Webhook(secret).verify(BODY, headers(signature, now))
