"""text/plain, YAML front matter above it or none: the first line is the title if that gives none.

Blocks parted by empty lines become paragraphs, headings and lists.
"""

import re
from dataclasses import replace
from html import escape
from itertools import groupby, pairwise

from service.ingest import front_matter
from service.ingest.fields import Fields
from sokbo.domain.site import Site

MAX_HEADING_CHARACTERS = 60

_BULLET = re.compile(r"[ \t]*(?:•|-[ \t])[ \t]*")
_SENTENCE_END = re.compile(r"[.!?…。:;,]['\"”’)\]」』]*$")


def read(text: str, site: Site) -> Fields:
    """The front matter's fields and the text below. Raises as `front_matter.split`."""
    fields, body = front_matter.split(text, site)
    return replace(fields, values={**found(body, fields), **fields.values})


def found(body: str, fields: Fields) -> dict[str, str]:
    """What the text gives: content, and a title if it isn't among `fields`."""
    if "title" in fields.values:
        return {"content": to_html(body)}
    title, _, rest = body.strip().partition("\n")
    return {"title": title, "content": to_html(rest)}


def to_html(text: str) -> str:
    """Blocks of lines as HTML: a short line above a longer block is a heading, lines with bullets are a list."""
    blocks = [block.strip("\n") for block in re.split(r"\n(?:[^\S\n]*\n)+", text) if block.strip()]
    html = []
    for block, following in pairwise([*blocks, ""]):
        html.append(f"<h2>{escape(block.strip(), quote=False)}</h2>" if _is_heading(block, following) else _paragraphs(block))
    return "\n".join(html)


def _is_heading(block: str, following: str) -> bool:
    return (
        "\n" not in block
        and len(block) <= MAX_HEADING_CHARACTERS
        and not _BULLET.match(block)
        and not _SENTENCE_END.search(block.strip())
        and (len(following) > MAX_HEADING_CHARACTERS or _BULLET.match(following) is not None)
    )


def _paragraphs(block: str) -> str:
    html = []
    for bulleted, lines in groupby(block.split("\n"), key=lambda line: _BULLET.match(line) is not None):
        if bulleted:
            items = (escape(_BULLET.sub("", line, count=1).strip(), quote=False) for line in lines)
            html.append(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")
        else:
            html.append(f"<p>{'<br>'.join(escape(line.strip(), quote=False) for line in lines)}</p>")
    return "\n".join(html)
