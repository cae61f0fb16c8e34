"""The gate for text: what XML 1.0 cannot carry never gets in, so that one article can never break a feed."""

import math
from typing import Any, TypeAlias

from sokbo.domain.composed import composed
from sokbo.domain.visible import CONTROLS, NOT_IN_XML
from sokbo.errors import MAX_ERRORS, MAX_FIELD_CHARACTERS, FieldError

MAX_DEPTH = 16
MAX_INTEGER = 2**63 - 1

#: What may be put in the place of another character for a while, since the gate lets nobody send it.
STAND_IN = "\ufffe"

#: Where a value stands: the path of what it is in, and its name or index there.
Path: TypeAlias = "tuple[Path, str | int] | None"


def forbidden_rule(text: str) -> str | None:
    """The rule that `text` breaks, with the character's code point; None if XML can carry all of it."""
    if text.replace("\n", "").isprintable():
        return None  # as most are, and this is found in a fraction of the time
    found = NOT_IN_XML.search(text)
    return f"must not hold the character U+{ord(found[0]):04X}, which XML forbids" if found else None


def admit(value: Any, errors: list[FieldError], path: Path = None, depth: int = 0) -> Any:
    """A copy of JSON-like data that holds only what it may, every line break made a newline.

    What it held besides is added to `errors`, by the dotted path of the value, until there are MAX_ERRORS.
    """
    if isinstance(value, str):
        if rule := forbidden_rule(value):
            _add(errors, path, rule, "forbidden_character")
            value = NOT_IN_XML.sub("\ufffd", value)
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            _add(errors, path, f"must not be nested more than {MAX_DEPTH} deep")
            return None
        if isinstance(value, list):
            return [admit(item, errors, (path, index), depth + 1) for index, item in enumerate(value)]
        named = ((_admitted(key, errors, path), item) for key, item in value.items())
        return {key: admit(item, errors, (path, key), depth + 1) for key, item in named}
    if isinstance(value, float) and not math.isfinite(value):
        _add(errors, path, "must be a finite number")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        _add(errors, path, "must be a number of at most 64 bits")
    return value


def _add(errors: list[FieldError], path: Path, rule: str, code: str = "invalid") -> None:
    if len(errors) < MAX_ERRORS:
        errors.append(FieldError(_dotted(path), rule, code))


def _dotted(path: Path) -> str:
    """The path as senders are told it. It is only put together where there is something to tell: names may be long."""
    names: list[str] = []
    while path is not None:
        path, name = path
        names.append(str(name)[:MAX_FIELD_CHARACTERS])
    return ".".join(reversed(names))


def one_line(text: str) -> str:
    """`text` with composed characters (NFC), each run of white space, line breaks included, as one space, and no controls."""
    return " ".join(CONTROLS.sub("", composed(text)).split())


def _admitted(key: str, errors: list[FieldError], path: Path) -> str:
    """The name of a member of what is at that path, which may be none of ours."""
    if rule := forbidden_rule(key):
        key = NOT_IN_XML.sub("\ufffd", key)
        _add(errors, (path, key), f"the name {rule}", "forbidden_character")
    return key
