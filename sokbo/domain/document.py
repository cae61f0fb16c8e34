"""A document: a rendered thing at a path, ready to be sent.

Its body is a head, any number of fragments with separators between them, and a tail; a page goes on with the site's
breaking strip (the document at `breaking.html`, whatever it holds by then) and a closing. A fragment is an article's entry in
one format, made once per revision and shared by every document that lists it, so a publish writes the new entry and not the
feeds' length. Each piece is kept raw and as raw deflate ended by a full flush (RFC 1951 section 3.2.4), so that pieces joined
make a body and a gzip stream alike: no one compresses in a request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sokbo.domain.ids import ArticleId, SiteId


class FragmentFormat(StrEnum):
    """The forms in which one article enters many documents. `CARD` is its box on index pages."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"
    CARD = "card"
    RSS_SUMMARY = "rss-summary"
    ATOM_SUMMARY = "atom-summary"
    JSON_SUMMARY = "json-summary"
    SMARTNEWS = "smartnews"
    FLIPBOARD = "flipboard"
    MSN = "msn"
    APPLE_NEWS = "apple-news"


#: The forms that every published article has. The others are made for those that stand in a selection which wants them.
EVERY_ARTICLES = frozenset({FragmentFormat.RSS, FragmentFormat.ATOM, FragmentFormat.JSON, FragmentFormat.CARD})


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes, and the same as deflate blocks that end on a byte's border, not marked final."""

    raw: bytes
    deflated: bytes


#: The path of the site's breaking strip, a document of its own and a part of every page.
BREAKING_STRIP_PATH = "breaking.html"

EMPTY = Piece(b"", b"")


@dataclass(frozen=True, slots=True)
class Fragment:
    """One article's entry in one format. `digest` names the bytes; `modified_at` is the shown revision's time."""

    article_id: ArticleId
    revision: int
    format: FragmentFormat
    piece: Piece
    digest: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """`path` is below its site, without a leading slash. `version` grows with every change in the site.

    `fragments` are ids, in order. `canonical_path`, where set, is where requests under another spelling are sent.
    `closing` is None where no breaking strip is shown. `etag` is unquoted and names the uncompressed representation; others
    append to it. `headers` are sent along as they are.
    """

    site_id: SiteId
    path: str
    media_type: str
    etag: str
    last_modified: datetime
    head: Piece
    separator: Piece = EMPTY
    tail: Piece = EMPTY
    closing: Piece | None = None
    fragments: tuple[int, ...] = ()
    status: int = 200
    canonical_path: str | None = None
    version: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def public_path(self) -> str:
        """The one path under which readers are shown it."""
        return self.path if self.canonical_path is None else self.canonical_path

    def pieces(self, entries: Sequence[Piece], strip: Piece) -> Iterator[Piece]:
        """The body's pieces in their order: `entries` are its fragments', `strip` is the breaking strip's, where there is a place
        for it."""
        yield self.head
        for index, entry in enumerate(entries):
            if index:
                yield self.separator
            yield entry
        yield self.tail
        if self.closing is not None:
            yield strip
            yield self.closing
