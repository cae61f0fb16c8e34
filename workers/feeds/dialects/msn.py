"""MSN's RSS: HTML of the tags that MSN takes, without inline styles."""

from html import escape

import nh3

from sokbo.domain.dialects.msn import TAGS
from sokbo.domain.document import FragmentFormat
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import Item

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
            shown.html, tags=set(TAGS), attributes=_ATTRIBUTES, link_rel=None, url_schemes={"http", "https", "mailto"}
        )
        summary = escape(shown.summary, quote=False)
        element = base.item_element(shown, summary, html.strip() or f"<p>{summary}</p>")
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element, base.NAMESPACES)
