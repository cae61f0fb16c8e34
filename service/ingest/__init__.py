"""What comes in: one input format per file, bytes -> Draft, cleaned once, here."""

import re
from collections.abc import Callable

from service.decoding import decoded
from service.ingest import html, json_article, markdown, merging, plain_text
from service.ingest.drafting import draft
from service.ingest.fields import Fields
from service.ingest.merging import representation
from sokbo.domain.article import Article, Draft
from sokbo.domain.site import Site
from sokbo.errors import UnsupportedMediaType

__all__ = ["FORMATS", "merge", "parse", "representation"]

#: Media type -> what reads it. To add a format is to add a file and a line here.
FORMATS: dict[str, Callable[[str, Site], Fields]] = {
    "application/json": json_article.read,
    "text/markdown": markdown.read,
    "text/html": html.read,
    "text/plain": plain_text.read,
}
#: What curl says by itself of a body that it is given.
FORM = "application/x-www-form-urlencoded"

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def parse(content_type: str, body: bytes, site: Site) -> Draft:
    """The article that `body` holds.

    Raises UnsupportedMediaType, naming the types that are taken, BadRequest for bytes that aren't what they are said to
    be, and Invalid with every broken rule.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    read = FORMATS.get(media_type)
    if read is None:
        raise UnsupportedMediaType(_unsupported(media_type), headers={"Accept-Post": ", ".join(FORMATS)})
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in _UTF_8:
        raise UnsupportedMediaType(f"The charset {charset[1][:40]} is not taken: send UTF-8")
    return draft(read(decoded(body), site), site)


def merge(article: Article, body: bytes, site: Site) -> Draft:
    """The article as a JSON merge patch (RFC 7396) changes it. Raises BadRequest and Invalid as `parse`."""
    return merging.merge(article, json_article.load_fields(decoded(body)), site)


def _unsupported(media_type: str) -> str:
    taken = f"The body must be one of {', '.join(FORMATS)}"
    if not media_type:
        return f"{taken}: say which in Content-Type"
    if media_type == FORM:
        return f"{taken}, not {FORM}: with curl, add -H 'Content-Type: text/markdown' (or the type it is)"
    return f"{taken}, not {media_type[:80]}"
