"""Apple News's RSS: the full text as the description, whose beginning it shows as the excerpt."""

from sokbo.domain.document import FragmentFormat
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import Item
from workers.feeds.rss_parts import item_element


class AppleNews(base.PlainChannel):
    """RSS 2.0 as Apple's News Publisher takes it."""

    format = FragmentFormat.APPLE_NEWS

    def entry(self, shown: Item) -> bytes:
        element = item_element(shown, shown.html)
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element, base.NAMESPACES)
