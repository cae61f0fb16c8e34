"""A document put together once, so that a request only has to send it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from service.negotiation import Coding, lists
from sokbo.domain import compression
from sokbo.domain.document import EMPTY, Document, Piece
from sokbo.domain.ids import SiteId

#: News: no cache on the way shows anything older than 1 + 4 seconds.
CACHE_CONTROL = "public, max-age=1, stale-while-revalidate=3"

#: Strong tags name bytes, so that each coding has its own.
_ETAG_ENDS = {Coding.IDENTITY: "", Coding.GZIP: "-gz", Coding.BROTLI: "-br", Coding.ZSTD: "-zst"}
#: Of what is made of the whole: gzip comes in the place of that which was joined of pieces.
_ENDS_OF_THE_WHOLE = {**_ETAG_ENDS, Coding.GZIP: "-gzw"}

_FEED_TYPES = ("application/rss+xml", "application/atom+xml")

#: What the objects around the bytes weigh, roughly.
_OVERHEAD_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document with its fragments' pieces, in the order of `document.fragments`."""

    document: Document
    entries: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """A site's breaking strip, as it goes into pages; without an ETag there is none."""

    piece: Piece
    etag: str
    last_modified: datetime


NO_STRIP = Strip(EMPTY, "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Representation:
    """One content coding of a document. The heads lack only the Date, with which they end.

    `etag` is quoted and strong; `not_modified_head` is that of a 304. The same bytes sent as XML are another representation, with
    a tag of its own (RFC 9110 section 8.8.1). `earlier` is the tag of other bytes of the same coding, in whose place these are.
    """

    etag: str
    head: bytes
    not_modified_head: bytes
    body: bytes
    earlier: str = ""

    def etag_for(self, *, as_xml: bool, held: str | None = None) -> str:
        """The tag of what is sent; the earlier one for a reader who holds that, and so the same document."""
        if held and self.earlier and lists(held, tag := _tag(self.earlier, as_xml=as_xml), weakly=True):
            return tag
        return _tag(self.etag, as_xml=as_xml)


def _tag(etag: str, *, as_xml: bool) -> str:
    return f'{etag[:-1]}-xml"' if as_xml else etag


@dataclass(frozen=True, slots=True)
class Description:
    """What all representations of a document say of it; `etag` is unquoted."""

    status: int
    media_type: str
    etag: str
    last_modified: datetime
    headers: Mapping[str, str]

    @property
    def is_feed(self) -> bool:
        """True for the formats that Chromium shows as raw text, whatever stylesheet they name, unless they are sent as XML."""
        return self.media_type.startswith(_FEED_TYPES)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """A document ready to be sent, plain and as gzip at least. `since` is when it was prepared, by the monotonic clock.
    `loaded` is kept where a new strip will want the page put together again."""

    site_id: SiteId
    path: str
    public_path: str
    description: Description
    representations: Mapping[Coding, Representation]
    since: float
    loaded: Loaded | None
    size_bytes: int

    @property
    def status(self) -> int:
        return self.description.status

    @property
    def last_modified(self) -> datetime:
        return self.description.last_modified

    @property
    def identity(self) -> Representation:
        return self.representations[Coding.IDENTITY]

    @property
    def gzip(self) -> Representation:
        return self.representations[Coding.GZIP]


def prepare(loaded: Loaded, strip: Strip) -> Prepared:
    """The document with the strip in its place, if it has one for it.

    Raises ValueError if a header of the document's holds a line break.
    """
    document = loaded.document
    pieces = list(document.pieces(loaded.entries, strip.piece))
    raw = compression.join(pieces)
    last_modified, etag = document.last_modified, document.etag
    if document.closing is not None and strip.etag:
        last_modified, etag = max(last_modified, strip.last_modified), f"{etag}-{strip.etag}"
    description = Description(
        document.status,
        document.media_type,
        etag,
        last_modified.astimezone(UTC).replace(microsecond=0),
        document.headers,
    )
    representations = _represented(description, {Coding.IDENTITY: raw, Coding.GZIP: compression.gzip(pieces, raw)})
    kept = loaded if document.closing is not None else None
    size = _OVERHEAD_BYTES + sum(len(representation.body) for representation in representations.values())
    if kept is not None:
        size += sum(len(piece.raw) + len(piece.deflated) for piece in pieces)
    return Prepared(
        site_id=document.site_id,
        path=document.path,
        public_path=document.public_path,
        description=description,
        representations=representations,
        since=time.monotonic(),
        loaded=kept,
        size_bytes=size,
    )


def with_codings(prepared: Prepared, bodies: Mapping[Coding, bytes]) -> Prepared:
    """The same document, ready in these codings, made of the whole; who holds what they replace still has it."""
    made = _represented(prepared.description, bodies, _ENDS_OF_THE_WHOLE)
    replaced = {coding: prepared.representations[coding] for coding in made if coding in prepared.representations}
    made |= {coding: replace(made[coding], earlier=before.etag) for coding, before in replaced.items()}
    grown = sum(len(item.body) for item in made.values()) - sum(len(item.body) for item in replaced.values())
    return replace(prepared, representations={**prepared.representations, **made}, size_bytes=prepared.size_bytes + grown)


def strip_of(loaded: Loaded | None) -> Strip:
    """The strip that a site's document at BREAKING_STRIP_PATH makes."""
    if loaded is None:
        return NO_STRIP
    pieces = list(loaded.document.pieces(loaded.entries, EMPTY))
    return Strip(compression.concatenate(pieces), loaded.document.etag, loaded.document.last_modified)


def _represented(
    description: Description, bodies: Mapping[Coding, bytes], ends: Mapping[Coding, str] = _ETAG_ENDS
) -> dict[Coding, Representation]:
    """`ends` are those of the entity tags."""
    return {
        coding: _representation(description, coding, body, f'"{description.etag}{ends[coding]}"')
        for coding, body in bodies.items()
    }


def _representation(description: Description, coding: Coding, body: bytes, etag: str) -> Representation:
    shared = {
        "ETag": etag,
        "Last-Modified": format_datetime(description.last_modified, usegmt=True),
        "Vary": "Accept-Encoding, Sec-Fetch-Dest" if description.is_feed else "Accept-Encoding",
        "Cache-Control": CACHE_CONTROL,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Link",
        "X-Content-Type-Options": "nosniff",
        **description.headers,
    }
    described = {"Content-Type": description.media_type, "Content-Length": str(len(body))}
    if coding is not Coding.IDENTITY:
        described["Content-Encoding"] = coding.value
    return Representation(
        etag=etag,
        head=_head(description.status, {**described, **shared}.items()),
        not_modified_head=_head(HTTPStatus.NOT_MODIFIED, shared.items()),
        body=body,
    )


def _head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
