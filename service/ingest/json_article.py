"""application/json: an object with an article's fields (RFC 8259)."""

from typing import Any

from service.decoding import json_object
from service.ingest.fields import Fields
from sokbo.domain.site import Site

#: What answers say besides the fields, ignored in requests: what was got can be put back as it is.
ANSWERED = frozenset({"id", "number", "revision", "state", "modified_at", "url", "urls", "warnings"})


def read(text: str, _site: Site) -> Fields:
    """The object's members. Raises BadRequest if it isn't one object."""
    return Fields(load_fields(text))


def load_fields(text: str) -> dict[str, Any]:
    """As `json_object`, without what only answers say."""
    return {name: value for name, value in json_object(text).items() if name not in ANSWERED}
