"""Flipboard's RSS: full text, the image as Media RSS."""

from html import escape

from sokbo.domain.document import FragmentFormat
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import Item
from workers.feeds.rss_parts import item_element


class Flipboard(base.PlainChannel):
    """RSS 2.0 as Flipboard's guidelines for publishers have it."""

    format = FragmentFormat.FLIPBOARD

    def entry(self, shown: Item) -> bytes:
        element = item_element(shown, escape(shown.summary, quote=False), shown.html)
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element, base.NAMESPACES)
