"""Inline styles: the colours and weights that editors write stay; nothing that could place, hide or fetch does.

Each value is written as feed readers and the W3C feed validator know it (CSS 2.1). What has no such form goes, but for
`line-through` and `overline`. Of what is struck out, raised or lowered by its style, `salvage` makes elements.
"""

import re
from collections.abc import Callable

from service.ingest.colours import plain_colour

_WEIGHT = re.compile(r"\d{1,4}", re.ASCII)
_BOLD_FROM = 600
_WEIGHTS = {"bold": "bold", "bolder": "bold", "normal": "normal", "lighter": "normal"}
_SLANTS = {"italic": "italic", "oblique": "italic", "normal": "normal"}
#: `end` is right but where text runs to the left; there `right` is where the text begins, as if nothing were said. What `start`
#: and `justify` say is nearly that, too.
_SIDES = {"left": "left", "right": "right", "center": "center", "end": "right"}
_LINES = frozenset({"none", "underline", "overline", "line-through"})


def clean_style(style: str) -> str | None:
    """The harmless declarations of a style attribute, in lower case; None if none is left. Of two of a property, the later."""
    declarations: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        name = _RENAMED.get(name, name)
        plain = PROPERTIES.get(name)
        if plain and (kept := plain(value.removesuffix("!important").rstrip())):
            declarations[name] = kept
    return "; ".join(f"{name}: {value}" for name, value in declarations.items()) or None


def _weight(value: str) -> str | None:
    if _WEIGHT.fullmatch(value):
        return "bold" if int(value) >= _BOLD_FROM else "normal"
    return _WEIGHTS.get(value)


def _lines(value: str) -> str | None:
    """Which lines there are. Their colour, form and strength aren't in CSS 2.1."""
    return " ".join(dict.fromkeys(word for word in value.split() if word in _LINES)) or None


_RENAMED = {"text-decoration-line": "text-decoration"}
#: What stays of each property's value.
PROPERTIES: dict[str, Callable[[str], str | None]] = {
    "background-color": plain_colour,
    "color": plain_colour,
    "font-style": _SLANTS.get,
    "font-weight": _weight,
    "text-align": _SIDES.get,
    "text-decoration": _lines,
    "vertical-align": {"sub": "sub", "super": "super"}.get,
}
