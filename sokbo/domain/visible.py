"""Which characters carry text, and whether a text can be seen."""

import re

#: Everything outside the Char production of XML 1.0, section 2.2; lone surrogates are among it.
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What can turn round or hide the text beside it: DEL, C1 controls but for the line break NEL, and bidirectional embeddings,
#: overrides and isolates (UAX #9). Marks (U+200E, U+200F) reach no further than themselves.
CONTROLS = re.compile("[\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069]")
#: What Python calls printable and fonts show as nothing: Hangul fillers, variation selectors and the like.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def shows_nothing(text: str) -> bool:
    """True if no reader could see anything of it."""
    return not any(character.isprintable() and character != " " for character in _BLANK.sub("", text))
