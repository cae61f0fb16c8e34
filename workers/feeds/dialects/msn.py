"""MSN's RSS: HTML of the tags that MSN takes, without inline styles."""

import re
from html import escape

import nh3

from sokbo.domain.dialects.msn import TAGS
from sokbo.domain.document import FragmentFormat
from sokbo.domain.html import BLOCKS
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import Item

#: What MSN doesn't take and parts words: without any tag, the words around it would run together.
_PARTING = re.compile(rf"(?:</?(?:{'|'.join(sorted(BLOCKS - TAGS))})(?: [^>]*)?>\s*)+")
_BREAK = "<br>"
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
            _parted(shown.html),
            tags=set(TAGS),
            attributes=_ATTRIBUTES,
            link_rel=None,
            url_schemes={"http", "https", "mailto"},
        )
        summary = escape(shown.summary, quote=False)
        element = base.item_element(shown, summary, html.strip() or f"<p>{summary}</p>")
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element, base.NAMESPACES)


def _parted(html: str) -> str:
    """With a line break in the place of each run of such tags, but at the beginning and the end."""
    html = _PARTING.sub(_BREAK, html)
    start, end = 0, len(html)
    while html.startswith(_BREAK, start):
        start += len(_BREAK)
    while html.endswith(_BREAK, start, end):
        end -= len(_BREAK)
    return html[start:end]
