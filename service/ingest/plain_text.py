"""text/plain, YAML front matter above it or none: the first line is the title if that gives none.

Blocks parted by empty lines become paragraphs, headings and lists; addresses become links.
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
#: Bullets where lines that begin so follow each other; one alone may be a note or a name.
_BULLET_OF_SEVERAL = re.compile(r"[ \t]*[*○·–][ \t]+")
#: Lines about the text: whose it is, when it was written, what a picture shows.
_CREDIT = re.compile(
    r"[▲△■ⓒ©]|(?:(?:기사|최종)?\s?(?:입력|수정)(?:일|일시|시간)?|사진(?:제공|출처|설명)?)(?!\w)"
    r"|.*(?:기자|특파원)\s*=?\s*[\])]?$"
    r"|.*(?<!\d)\d{4}\s?[.-]\s?\d{1,2}\s?[.-]\s?\d{1,2}(?!\d)"
    r"|.*[\w.+-]@[\w-]+\.\w"
    r"|.*(?<!\d)(?:(?:\+82[-. ]?|0)\d{1,2}[-.) ]{1,2}\d{3,4}[-. ]\d{4}|1[5-9]\d\d-\d{4})(?!\d)"
    r"|.*https?://"
)
_URL = re.compile(r"(?<![A-Za-z0-9])https?://[^\s<>\"“”‘’「」『』《》〈〉【】|\\^`{}，、。！？：；（）…]+")
_HOST = re.compile(r"https?://[^\W_]")
_AFTER_URL = ".,;:!?'*)]·"
#: Of Korean, longest first; one that follows Hangul may be the end of a word in the address.
_PARTICLE = re.compile(
    r"(?<![가-힣])(?:에서는|에서도|에서의|으로는|이라는|이라고|입니다|에서|에는|에도|으로|로는|라는|라고|까지|부터|처럼|보다"
    r"|이나|이며|이다|에게|에|로|을|를|이|가|은|는|와|과|의|도|만|나|및|등)\Z"
)
_LONGEST_PARTICLE = 3
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
        html.append(f"<h2>{_escaped(block.strip())}</h2>" if _is_heading(block, following) else _paragraphs(block))
    return "\n".join(html)


def _is_heading(block: str, following: str) -> bool:
    line = block.strip()
    return (
        "\n" not in block
        and len(block) <= MAX_HEADING_CHARACTERS
        and not _BULLET.match(block)
        and not _SENTENCE_END.search(line)
        and not _CREDIT.match(line)
        and (len(following) > MAX_HEADING_CHARACTERS or _bulleted(following.split("\n", 2)[:2])[0])
    )


def _paragraphs(block: str) -> str:
    html = []
    lines = block.split("\n")
    for bullet, group in groupby(zip(_bulleted(lines), lines, strict=True), key=lambda pair: pair[0]):
        if bullet:
            items = (_with_links(line[len(_mark(line)) :].strip()) for _, line in group)
            html.append(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")
        else:
            html.append(f"<p>{'<br>'.join(_with_links(line.strip()) for _, line in group)}</p>")
    return "\n".join(html)


def _bulleted(lines: list[str]) -> list[bool]:
    """For each line, whether it is an item of a list."""
    of_several = [False, *(_BULLET_OF_SEVERAL.match(line) is not None for line in lines), False]
    return [
        _BULLET.match(line) is not None or (is_one and (before or after))
        for line, before, is_one, after in zip(lines, of_several, of_several[1:], of_several[2:], strict=False)
    ]


def _mark(item: str) -> str:
    found = _BULLET.match(item) or _BULLET_OF_SEVERAL.match(item)
    return found[0] if found else ""


def _with_links(line: str) -> str:
    """The line as HTML, its addresses as links."""
    html, done = [], 0
    for found in _URL.finditer(line):
        url = _without_what_follows(found[0])
        if _HOST.match(url):
            html += [_escaped(line[done : found.start()]), f'<a href="{escape(url)}">{_escaped(url)}</a>']
            done = found.start() + len(url)
    return "".join([*html, _escaped(line[done:])])


def _without_what_follows(url: str) -> str:
    """The address without the marks and the particle that the sentence goes on with. A parenthesis that it opens is its own."""
    end = len(url)
    unopened = url.count(")") - url.count("(")
    particle: re.Match[str] | None = None
    while end:
        last = url[end - 1]
        if last in _AFTER_URL and (last != ")" or unopened > 0):
            unopened -= last == ")"
            end -= 1
        elif not particle and (particle := _PARTICLE.search(url[max(end - _LONGEST_PARTICLE - 1, 0) : end])):
            end -= len(particle[0])
        else:
            break
    return url[:end]


def _escaped(text: str) -> str:
    return escape(text, quote=False)
