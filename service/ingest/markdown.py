"""text/markdown: CommonMark with tables and strikethrough, YAML front matter above it or none (RFC 7763)."""

import re
from dataclasses import replace

from service.ingest import front_matter, liquid, markup, plain_text
from service.ingest.excerpt import text_of
from service.ingest.fields import MAX_MARKDOWN, Fields
from service.ingest.markdown_rendering import blocks, render, render_text
from sokbo.domain.site import Site

_HEADING_AT_THE_TOP = re.compile(r"\s*^ {0,3}#[ \t][^\n]*", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*•", re.MULTILINE)
_ONE_PARAGRAPH = 3  # tokens
_MARKED_UP = re.compile(r"<(?!/?p>)")


def read(text: str, site: Site) -> Fields:
    """The front matter's fields and the text below; the title, if they give none, from the text, which then loses it.

    Raises as `front_matter.split`.
    """
    fields, body = front_matter.split(text, site)
    if body is not text:
        body = liquid.resolved(body, site.base_url)
    values = dict(fields.values)
    if len(body) > MAX_MARKDOWN:
        return replace(fields, values={**values, "markdown": body})  # refused by the field's own rule
    if "title" not in values:
        values["title"], body = split_title(body)
    if _is_pasted_text(body):
        values["content"] = plain_text.to_html(body)
    else:
        values["markdown"] = body
    return replace(fields, values=values)


def split_title(body: str) -> tuple[str | None, str]:
    """The text of the first heading of level 1, else of a first line that stands alone above a text, and `body` without it.

    As a field is written: the text is read already, and code in it talks about HTML.
    """
    top = _HEADING_AT_THE_TOP.match(body)  # the usual case needs no look at the rest
    found = _title_lines(top[0] if top else body)
    if not found:
        return None, body
    source, first, end = found
    lines = body.split("\n")
    return markup.escaped(text_of(render_text(source))), "\n".join(lines[:first] + lines[end:])


def _is_pasted_text(body: str) -> bool:
    """True for a page's text that was copied as it looked, with • for its lists: as Markdown its lines would run together."""
    if not _BULLET.search(body):
        return False
    try:
        return not _MARKED_UP.search(render(body))
    except ValueError:  # refused by the field's own rule
        return False


def _title_lines(body: str) -> tuple[str, int, int] | None:
    """The title's source, the line where it begins, and the one after its end."""
    tokens = blocks(body)
    heading = next((index for index, token in enumerate(tokens) if (token.type, token.tag) == ("heading_open", "h1")), None)
    if heading is not None:
        opening, content = tokens[heading : heading + 2]
    elif len(tokens) > _ONE_PARAGRAPH and tokens[0].type == "paragraph_open" and "\n" not in tokens[1].content:
        opening, content = tokens[:2]
    else:
        return None
    if opening.level or opening.map is None:
        return None
    first, end = opening.map
    return content.content, first, end
