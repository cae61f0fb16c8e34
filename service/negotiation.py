"""What a reader asked for in headers: which content coding, type and language, and whether it has the document already.

RFC 9110, sections 12.5 (Accept, Accept-Encoding, Accept-Language) and 13 (conditional requests).
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from multidict import CIMultiDictProxy

_ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class Coding(Enum):
    IDENTITY = "identity"
    GZIP = "gzip"


class Verdict(Enum):
    """What the conditions of a request come to."""

    SEND = "send"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


def choose_coding(accept_encoding: str) -> Coding:
    """The coding to send for an Accept-Encoding field, which is empty if absent: gzip wherever it is as welcome as identity.

    Never a reason for 406: who refuses everything gets identity, as section 12.5.3 lets a server do.
    """
    if not accept_encoding:
        return Coding.IDENTITY
    if accept_encoding in {"gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd"}:
        return Coding.GZIP
    weights = dict(map(_weighed, accept_encoding.lower().split(",")))
    anything = weights.get("*")
    gzip = weights.get("gzip", weights.get("x-gzip", anything)) or 0.0
    identity = weights.get("identity", anything)
    return Coding.GZIP if gzip > 0 and gzip >= (identity or 0.0) else Coding.IDENTITY


def prefers_html(accept: str) -> bool:
    """True if an Accept field names HTML and no JSON that it likes better. Programs that take anything aren't asking for it."""
    weights = dict(map(_weighed, accept.lower().split(",")))
    html = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return html > 0 and html >= max(weights.get("application/json", 0.0), weights.get("application/problem+json", 0.0))


def choose_language(accept_language: str, known: Collection[str]) -> str | None:
    """The one of the `known` primary subtags that an Accept-Language field likes best, the first of equals; None for none."""
    weights: dict[str, float] = {}
    for tag, weight in map(_weighed, accept_language.lower().split(",")):
        language = tag.partition("-")[0]
        if language in known and weight > weights.get(language, 0.0):
            weights[language] = weight
    return max(weights, key=weights.__getitem__, default=None)


def _weighed(member: str) -> tuple[str, float]:
    name, _, parameter = member.partition(";")
    key, _, value = parameter.partition("=")
    if key.strip() != "q":
        return name.strip(), 1.0
    try:
        weight = float(value)
    except ValueError:
        return name.strip(), 0.0
    return name.strip(), weight if 0.0 <= weight <= 1.0 else 0.0


def judge(headers: CIMultiDictProxy[str], etag: str, last_modified: datetime) -> Verdict:
    """What a GET's or HEAD's conditions come to, in the order of section 13.2.2.

    `etag` is quoted and strong; `last_modified` has whole seconds.
    """
    if (wanted := field(headers, "If-Match")) is not None:
        if not lists(wanted, etag, weakly=False):
            return Verdict.FAILED
    elif (unmodified_since := _date(headers, "If-Unmodified-Since")) is not None and last_modified > unmodified_since:
        return Verdict.FAILED
    if (held := field(headers, "If-None-Match")) is not None:
        return Verdict.NOT_MODIFIED if lists(held, etag, weakly=True) else Verdict.SEND
    if (modified_since := _date(headers, "If-Modified-Since")) is not None and last_modified <= modified_since:
        return Verdict.NOT_MODIFIED
    return Verdict.SEND


def field(headers: CIMultiDictProxy[str], name: str) -> str | None:
    """A list field's value, its lines joined (section 5.3); None if absent."""
    lines = headers.getall(name, None)
    return None if lines is None else ", ".join(lines)


def lists(value: str, etag: str, *, weakly: bool) -> bool:
    """True if the list holds the tag. Our tags are strong, so a weak one only ever matches weakly (section 8.8.3.2)."""
    if value == etag or value.strip() == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _ENTITY_TAG.findall(value))


def _date(headers: Mapping[str, str], name: str) -> datetime | None:
    """The field's date, or None if absent or no date: such a condition is ignored (section 13.1.3)."""
    value = headers.get(name)
    if value is None:
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
