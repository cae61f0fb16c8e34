"""Bodies as text and as JSON (RFC 8259). Strict: what two readers could read in two ways is refused."""

import json
from codecs import BOM_UTF8
from collections import Counter
from typing import Any, Never

from sokbo.errors import BadRequest


def decoded(body: bytes) -> str:
    """The body's text, in which every line break is a newline. Raises BadRequest for what isn't UTF-8."""
    try:
        text = body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: byte {error.start} cannot stand there") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def json_object(text: str) -> dict[str, Any]:
    """The JSON object. Raises BadRequest for what isn't JSON, a name that comes twice, NaN and infinities."""
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError:  # Python converts no integer of more than 4,300 digits
        raise BadRequest("The body is not JSON that can be read: it has a number that is too long") from None
    except RecursionError:
        raise BadRequest("The body is not JSON that can be read: it is nested too deep") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise BadRequest(f"The body has the name {twice[:80]!a} twice in one object")
    return members


def _refuse_constant(name: str) -> Never:
    raise BadRequest(f"The body is not JSON: {name} is no JSON number")
