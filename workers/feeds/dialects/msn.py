"""MSN's RSS: HTML of the tags that MSN takes, without inline styles."""

import re
from html import escape

import nh3

from sokbo.domain.dialects.msn import TAGS
from sokbo.domain.document import FragmentFormat
from sokbo.domain.html import BLOCKS, PREFORMATTED, with_quotation_marks, with_readings, without_deleted
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import Item
from workers.feeds.rss_parts import item_element

#: What MSN doesn't take and parts words: without any tag, the words around it would run together.
_PARTING = re.compile(rf"(?:</?(?:{'|'.join(sorted(BLOCKS - TAGS))})(?: [^>]*)?>\s*)+")
_BREAK = "<br>"
_LINE_END = re.compile(r"(<[^>]*>)|\n")
_LAST_LINE_END = re.compile(r"\n(?=(?:</[a-z0-9]+>)+\Z)")
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}


class Msn(base.PlainChannel):
    """RSS 2.0 as MSN's Partner Hub takes it."""

    format = FragmentFormat.MSN

    def entry(self, shown: Item) -> bytes:
        html = nh3.clean(
            _parted(_in_words(shown.html)),
            tags=set(TAGS),
            attributes=_ATTRIBUTES,
            link_rel=None,
            url_schemes={"http", "https", "mailto"},
        )
        summary = escape(shown.summary, quote=False)
        element = item_element(shown, summary, html.strip() or f"<p>{summary}</p>")
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element, base.NAMESPACES)


def _in_words(html: str) -> str:
    """What would be lost with the tags that say it: what is deleted is left out, and what is quoted, how words are read and the
    lines of preformatted text are marked."""
    html = with_readings(with_quotation_marks(without_deleted(html)))
    return PREFORMATTED.sub(lambda block: _with_breaks(block[0]), html) if "<pre" in html else html


def _with_breaks(preformatted: str) -> str:
    """With breaks for its line ends, but for the last one, after which the block ends."""
    return _LINE_END.sub(lambda each: each[1] or _BREAK, _LAST_LINE_END.sub("", preformatted))


def _parted(html: str) -> str:
    """With a line break in the place of each run of such tags, but at the beginning and the end."""
    html = _PARTING.sub(_BREAK, html)
    start, end = 0, len(html)
    while html.startswith(_BREAK, start):
        start += len(_BREAK)
    while html.endswith(_BREAK, start, end):
        end -= len(_BREAK)
    return html[start:end]
