"""HTML in the fields that are text (titles, names, notes): read once, here, so that pages, feeds and pushes show the same words.

Editors paste it and CMSs escape what needs no escaping. What only talks about HTML (`Use <video>`, `a < b`, `AT&T`) is text
already.
"""

import re
from html import escape, unescape
from html.entities import html5

from sokbo.domain.html import BLOCKS, ELEMENTS
from sokbo.domain.visible import NOT_IN_XML

_END_TAG = re.compile(r"</([a-z][a-z0-9]*+)\s*+>", re.IGNORECASE)
#: A break, or a void element that says something; a bare `<input>` is a word about it.
_VOID = re.compile(
    r"<(?:(?:br|hr|wbr)(?:[\s/][^<>]*+)?+|(?:area|base|col|embed|img|input|link|meta|param|source|track)\s[^<>=]*+=[^<>]*+)>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<!--|<(/?)([a-z][a-z0-9]*)(?=[\s/>])(?:(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+>|[^<>]*+>)", re.IGNORECASE)
#: What isn't shown, and where it ends.
_HIDDEN = {
    "<!--": re.compile("-->"),
    "script": re.compile(r"</script\s*+>", re.IGNORECASE),
    "style": re.compile(r"</style\s*+>", re.IGNORECASE),
}
_REFERENCE = re.compile(r"&(?:#([0-9]{1,9})|#[xX]([0-9a-fA-F]{1,7})|([a-zA-Z][a-zA-Z0-9]{1,31}));")
_LAST = 0x10FFFF


def resolved(text: str) -> str:
    """What the field says: without the tags of known elements, if it is plainly HTML, and each character reference that ends in
    a semicolon resolved, once. It may hold characters then that the text gate forbids."""
    if "<" in text and _is_html(text):
        text = _without_tags(text)
    return _REFERENCE.sub(_character, text) if "&" in text else text


def escaped(text: str) -> str:
    """What `resolved` reads as `text`: nearly always the same, and for words about HTML their HTML."""
    return escape(text, quote=False) if resolved(text) != text else text


def _is_html(text: str) -> bool:
    """True for what only HTML has."""
    return any(name.lower() in ELEMENTS for name in _END_TAG.findall(text)) or _VOID.search(text) is not None


def _without_tags(html: str) -> str:
    kept = []
    position = 0
    unclosed: set[str] = set()  # looked for once, so that the time grows with the length alone
    while tag := _TAG.search(html, position):
        kept.append(html[position : tag.start()])
        position = tag.end()
        name = tag[2].lower() if tag[2] else tag[0]
        if name in _HIDDEN and not tag[1] and name not in unclosed:
            if end := _HIDDEN[name].search(html, position):
                position = end.end()
                continue
            unclosed.add(name)
        if name not in ELEMENTS:
            kept.append(tag[0])
        elif name in BLOCKS:
            kept.append(" ")
    return "".join((*kept, html[position:]))


def _character(reference: re.Match[str]) -> str:
    """What it names; itself, if it names nothing. A browser overlooks what XML forbids, a sender is told."""
    decimal, hexadecimal, name = reference.groups()
    if name:
        return html5.get(f"{name};", reference[0])
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number <= _LAST and NOT_IN_XML.match(chr(number)):
        return chr(number)
    return unescape(reference[0])
