"""Unicode's composed form (NFC), at a cost that grows with the text's length and no faster."""

import unicodedata

#: Normalizing sorts combining marks by insertion: a long run of them costs the square of its length.
PIECE_CHARACTERS = 1000
#: How much further a piece may reach, so as not to part what belongs together.
_REACH = 100


def composed(text: str) -> str:
    """`text` in NFC (Unicode Standard Annex #15). Of more than a hundred combining marks in a row, which no language has, some
    may stay apart."""
    if text.isascii():
        return text
    pieces, start = [], 0
    while start < len(text):
        end = _end_of_piece(text, start + PIECE_CHARACTERS)
        pieces.append(unicodedata.normalize("NFC", text[start:end]))
        start = end
    return "".join(pieces)


def _end_of_piece(text: str, least: int) -> int:
    """The first place from `least` on before a character that nothing before it is composed with."""
    for place in range(least, min(least + _REACH, len(text))):
        if not _may_join(text[place]):
            return place
    return least + _REACH


def _may_join(character: str) -> bool:
    """True for marks, and for what completes a Hangul syllable."""
    return unicodedata.category(character)[0] == "M" or "\u1161" <= character <= "\u11c2"
