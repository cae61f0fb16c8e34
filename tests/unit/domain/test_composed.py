import time
import unicodedata

import pytest

from sokbo.domain.composed import PIECE_CHARACTERS, composed


@pytest.mark.parametrize("word", ["plain", "cafe\u0301", unicodedata.normalize("NFD", "속보 각하"), "a\u0316\u0300"])
def test_text_is_composed_wherever_a_piece_of_it_ends(word: str) -> None:
    for before in range(PIECE_CHARACTERS - 8, PIECE_CHARACTERS + 1):
        text = "가" * before + word * 3
        assert composed(text) == unicodedata.normalize("NFC", text)


def test_cost_grows_no_faster_than_the_text() -> None:
    began = time.process_time()
    made = composed("a" + "\u0300\u0316" * 500_000)
    assert time.process_time() - began < 5  # it was some five minutes
    assert len(made) == 1_000_000
