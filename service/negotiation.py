"""What a reader asked for in headers: which content coding, type and language, and whether it has the document already.

RFC 9110, sections 12.5 (Accept, Accept-Encoding, Accept-Language) and 13 (conditional requests).
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache

from multidict import CIMultiDictProxy

#: Below every weight that a field can give: they have three decimals (section 12.4.2).
_LEAST = 0.0001
#: In GMT, or as C's asctime writes it (section 5.6.7). The rest is left to whoever reads it.
_HTTP_DATE = re.compile(r".* GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}")
_ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class Coding(Enum):
    """In the order in which we would choose: the smallest first."""

    BROTLI = "br"
    ZSTD = "zstd"
    GZIP = "gzip"
    IDENTITY = "identity"


class Precondition(Enum):
    """What the conditions of a request come to."""

    SEND = "send"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


@lru_cache(maxsize=256)
def welcome_codings(accept_encoding: str) -> tuple[Coding, ...]:
    """The codings that an Accept-Encoding field, empty if absent, admits, the most welcome first; of equals, the smallest.

    Never empty: who refuses everything gets identity, as section 12.5.3 lets a server do.
    """
    if not accept_encoding:
        return (Coding.IDENTITY,)
    weights = dict(map(_weighed, accept_encoding.lower().split(",")))
    if "x-gzip" in weights:  # section 8.4.1.3: the same under another name
        weights.setdefault("gzip", weights["x-gzip"])
    anything = weights.get("*")
    admitted = {coding: weights.get(coding.value, anything or 0.0) for coding in Coding}
    if "identity" not in weights and anything is None:
        admitted[Coding.IDENTITY] = _LEAST  # admitted unless excluded, and no more welcome than what is named
    chosen = sorted((coding for coding in Coding if admitted[coding] > 0), key=lambda coding: -admitted[coding])
    return tuple(chosen) or (Coding.IDENTITY,)


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
    """What the member names, and its weight. Other parameters may come before it, and are not looked at."""
    name, *parameters = member.split(";")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name.strip(), _weight(value)
    return name.strip(), 1.0


def _weight(value: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def evaluate_preconditions(headers: CIMultiDictProxy[str], etag: str, last_modified: datetime | None) -> Precondition:
    """What a GET's or HEAD's conditions come to, in the order of section 13.2.2.

    `etag` is quoted and strong; `last_modified` has whole seconds, and is None where conditions by time mean nothing.
    """
    if (wanted := field(headers, "If-Match")) is not None:
        if not lists(wanted, etag, weakly=False):
            return Precondition.FAILED
    elif last_modified is not None and (since := _date(headers, "If-Unmodified-Since")) is not None and last_modified > since:
        return Precondition.FAILED
    if (held := field(headers, "If-None-Match")) is not None:
        return Precondition.NOT_MODIFIED if lists(held, etag, weakly=True) else Precondition.SEND
    if last_modified is not None and (since := _date(headers, "If-Modified-Since")) is not None and last_modified <= since:
        return Precondition.NOT_MODIFIED
    return Precondition.SEND


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
    """The field's date, or None if absent or no HTTP-date: such a condition is ignored (section 13.1.3)."""
    value = headers.get(name)
    if value is None or not _HTTP_DATE.fullmatch(value):
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for years and zones beyond all calendars
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
