"""Whether a text can be seen."""

import re

#: What Python calls printable and fonts show as nothing: Hangul fillers, variation selectors and the like.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def shows_nothing(text: str) -> bool:
    """True if no reader could see anything of it."""
    return not any(character.isprintable() and character != " " for character in _BLANK.sub("", text))
