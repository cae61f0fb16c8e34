import os

import pytest

from sokbo.net.sealing import SealBroken, Sealer
from sokbo.settings import KEY_BYTES


def sealer() -> Sealer:
    return Sealer(os.urandom(KEY_BYTES))


def test_sealed_text_opens_for_its_owner() -> None:
    ours = sealer()
    assert ours.open(ours.seal("whsec_비밀", "prt_1"), "prt_1") == "whsec_비밀"


def test_sealed_bytes_hide_the_text_and_never_repeat() -> None:
    ours = sealer()
    sealed = ours.seal("whsec_secret", "prt_1")
    assert b"secret" not in sealed
    assert sealed != ours.seal("whsec_secret", "prt_1")


def test_another_owner_cannot_open() -> None:
    ours = sealer()
    with pytest.raises(SealBroken, match="another owner"):
        ours.open(ours.seal("whsec_secret", "prt_1"), "prt_2")


def test_another_key_is_told_apart_from_damage() -> None:
    with pytest.raises(SealBroken, match="another key"):
        sealer().open(sealer().seal("whsec_secret", "prt_1"), "prt_1")


def test_every_changed_or_missing_byte_breaks_the_seal() -> None:
    ours = sealer()
    sealed = ours.seal("whsec_secret", "prt_1")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        for broken in (bytes(damaged), sealed[:position]):
            with pytest.raises(SealBroken):
                ours.open(broken, "prt_1")


def test_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"short")
