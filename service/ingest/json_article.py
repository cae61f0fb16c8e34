"""application/json: an object with an article's fields (RFC 8259)."""

import json
from collections import Counter
from typing import Any, Never

from service.ingest.fields import Fields
from sokbo.domain.site import Site
from sokbo.errors import BadRequest

#: What answers say besides the fields, ignored in requests: what was got can be put back as it is.
ANSWERED = frozenset({"id", "number", "revision", "state", "modified_at", "url", "urls", "warnings"})


def read(text: str, _site: Site) -> Fields:
    """The object's members. Raises BadRequest if it isn't one object."""
    return Fields(load_fields(text))


def load_fields(text: str) -> dict[str, Any]:
    """As `load_object`, without what only answers say."""
    return {name: value for name, value in load_object(text).items() if name not in ANSWERED}


def load_object(text: str) -> dict[str, Any]:
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
        raise BadRequest("The body must be a JSON object with the article's fields")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise BadRequest(f"The body has the name {twice[:80]!a} twice in one object")
    return members


def _refuse_constant(name: str) -> Never:
    raise BadRequest(f"The body is not JSON: {name} is no JSON number")
