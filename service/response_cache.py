"""Answers that have been given, kept under the very bytes of the request that they answered."""

import asyncio
import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from enum import Enum
from functools import lru_cache
from weakref import ref

from service.document_cache import DocumentCache
from service.negotiation import Coding
from service.prepared import Prepared

#: Together at most 8 MB of request heads.
MAX_ANSWERS = 4096
MAX_REQUEST_BYTES = 2048

_XML = b"application/xml; charset=utf-8"
_LAST_MODIFIED = re.compile(rb"Last-Modified: [^\r]*\r\n")


class Part(Enum):
    """How much of a representation an answer holds: `HEAD` is the whole without its body."""

    WHOLE = "whole"
    HEAD = "head"
    NOT_MODIFIED = "not modified"


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """What one kind of request gets of a document. `etag` is the tag that it bears: of a 304, the one that the reader holds.
    `as_xml`: a feed for somebody who opens it in a browser. `undated`: its Last-Modified is still to come, and no answer may say
    so (RFC 9110 section 8.8.2.1)."""

    prepared: Prepared
    coding: Coding
    part: Part
    etag: str
    as_xml: bool = False
    undated: bool = False

    def write(self, transport: asyncio.WriteTransport, connection: bytes = b"") -> None:
        """Sends the answer whole; `connection` is empty or a further header line."""
        representation = self.prepared.representations[self.coding]
        head = representation.not_modified_head if self.part is Part.NOT_MODIFIED else representation.head
        if self.as_xml:
            head = head.replace(self.prepared.description.media_type.encode(), _XML, 1)
        if self.etag != representation.etag:
            head = head.replace(representation.etag.encode(), self.etag.encode(), 1)
        if self.undated:
            head = _LAST_MODIFIED.sub(b"", head, count=1)
        end = connection + date_and_end(int(time.time()))
        if self.part is Part.WHOLE:
            transport.writelines((head, end, representation.body))
        else:
            transport.write(head + end)


@lru_cache(maxsize=1)
def date_and_end(second: int) -> bytes:
    """The Date header of that second since 1970 and the empty line that ends a head."""
    return f"Date: {formatdate(second, usegmt=True)}\r\n\r\n".encode("ascii")


class ResponseCache:
    """What requests were answered, as long as the document stands.

    An answer depends on nothing but the request's bytes, the document and the sites' hosts: `clear` it when the last change.
    `age` counts how often that happened.
    Documents are referred to weakly, so that this cache keeps none that the other has let go.
    """

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache
        self._answers: dict[bytes, tuple[ref[Prepared], Coding, Part, str, bool]] = {}
        self.recalled = 0
        self.age = 0

    def get(self, request: bytes) -> CachedResponse | None:
        """The answer that these bytes got before, if it would be the same now. `recalled` counts."""
        remembered = self._answers.get(request)
        if remembered is None:
            return None
        held, coding, part, etag, as_xml = remembered
        prepared = held()
        if prepared is None or not self._cache.holds(prepared):
            del self._answers[request]
            return None
        self.recalled += 1
        return CachedResponse(prepared, coding, part, etag, as_xml)

    def put(self, request: bytes, answer: CachedResponse, age: int) -> None:
        """Keeps the answer, in the place of the oldest if there are too many; not for a request over MAX_REQUEST_BYTES, and not
        one that will be another in a moment.

        `age` is the cache's when the request came: an answer that was begun before the sites changed may be the old one.
        """
        if len(request) > MAX_REQUEST_BYTES or answer.undated or age != self.age:
            return
        while len(self._answers) >= MAX_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[request] = (ref(answer.prepared), answer.coding, answer.part, answer.etag, answer.as_xml)

    def clear(self) -> None:
        """Forgets everything."""
        self.age += 1
        self._answers.clear()
