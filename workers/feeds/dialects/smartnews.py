"""SmartNews's SmartFormat 2.1: a short description, a logo, thumbnails, and 1 MB at most (which the selection sees to)."""

from datetime import datetime
from html import escape

from lxml import etree

from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.dialects import base
from workers.feeds.footer import FooterLink
from workers.feeds.format import NO_HISTORY, PUBLIC, History, Options, Shell
from workers.feeds.item import Item, plain
from workers.feeds.rss_parts import MEDIA_TYPE, SUFFIX, item_element

SNF = "http://www.smartnews.be/snf"
MAX_DESCRIPTION = 30
_NAMESPACES = {**base.NAMESPACES, "snf": SNF}


class SmartNews:
    """SmartFormat on RSS 2.0."""

    format = FragmentFormat.SMARTNEWS
    suffix = SUFFIX
    media_type = MEDIA_TYPE

    def entry(self, shown: Item) -> bytes:
        element = item_element(shown, escape(shown.summary, quote=False), shown.html)
        etree.SubElement(element, f"{{{fixes.DC}}}language").text = shown.language or shown.site_language
        if shown.image:
            etree.SubElement(element, f"{{{fixes.MEDIA}}}thumbnail", url=shown.image.url)
        return fixes.entry_xml(element, _NAMESPACES)

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        rss = base.channel_element(site, listing, updated, options, _NAMESPACES)
        description = rss.find("channel/description")
        if description is not None:
            description.text = _short(plain(site.description) or plain(site.title))
        etree.SubElement(rss[0], "pubDate").text = rss.findtext("channel/lastBuildDate")
        if url := options.logo or site.logo:
            logo = etree.SubElement(rss[0], f"{{{SNF}}}logo")
            etree.SubElement(logo, "url").text = url
        return base.shell_of(rss, site)


def _short(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1].rstrip() + "…"
