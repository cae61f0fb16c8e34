"""Inline styles: the colours and weights that editors write stay; nothing that could place, hide or fetch does."""

import re

PROPERTIES = frozenset(
    {"background-color", "color", "font-style", "font-weight", "text-align", "text-decoration", "text-decoration-line"}
)
_VALUE = re.compile(r"#[0-9a-f]{3,8}|[a-z0-9][a-z0-9 .-]{0,60}|(?:rgb|hsl)a?\([0-9 .,%/-]{1,60}\)")


def clean_style(style: str) -> str | None:
    """The harmless declarations of a style attribute, in lower case; None if none is left."""
    declarations = []
    for declaration in style.lower().split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        value = value.removesuffix("!important").strip()
        if name in PROPERTIES and _VALUE.fullmatch(value):
            declarations.append(f"{name}: {value}")
    return "; ".join(declarations) or None
