"""Flipboard's RSS: full text, the image as Media RSS."""

from html import escape

from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.illustration import Illustration
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.item import item


class Flipboard(base.PlainChannel):
    """RSS 2.0 as Flipboard's guidelines for publishers have it."""

    format = FragmentFormat.FLIPBOARD

    def entry(self, site: Site, article: Article, picture: Illustration | None = None) -> bytes:
        shown = item(site, article, picture)
        element = base.item_element(shown, escape(shown.summary, quote=False), shown.html)
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.without_declarations(element, base.NAMESPACES)
