"""What the dialects' feeds have in common: RSS 2.0 in full text, to which each adds what its partner asks for."""

from collections.abc import Mapping
from datetime import datetime

from lxml import etree

from sokbo.domain.feed import STYLESHEET_PATH, Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.footer import FooterLink
from workers.feeds.format import NO_HISTORY, PUBLIC, History, Options, Shell, hub_of
from workers.feeds.rss_parts import MEDIA_TYPE, SUFFIX, channel

NAMESPACES = {**fixes.NAMESPACES, "atom": fixes.ATOM}

_TAIL = b"\n  </channel>\n</rss>\n"


def channel_element(
    site: Site, listing: Listing, updated: datetime, options: Options, namespaces: Mapping[str, str] = NAMESPACES
) -> etree._Element:
    """An rss element whose first child is the channel, without items; `namespaces` are declared on it."""
    hub = hub_of(site, options)
    feed = channel(site, listing, updated, options, [{"href": hub, "rel": "hub"}] if hub else [])
    rss = etree.Element("rss", version="2.0", nsmap=dict(namespaces))
    rss.append(etree.fromstring(feed.rss_str())[0])
    etree.cleanup_namespaces(rss, keep_ns_prefixes=list(namespaces))
    return rss


def shell_of(rss: etree._Element, site: Site) -> Shell:
    """The element, to be shown as the site's feeds are, cut where its items go."""
    etree.indent(rss)
    head = fixes.head_as_text(etree.tostring(rss, encoding="UTF-8", xml_declaration=True) + b"\n")
    document = fixes.styled(head, site.url(STYLESHEET_PATH))
    return Shell(document.removesuffix(_TAIL) + b"\n", b"\n", _TAIL)


class PlainChannel:
    """What the dialects share whose channel is RSS 2.0's own."""

    suffix = SUFFIX
    media_type = MEDIA_TYPE

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        rss = channel_element(site, listing, updated, options)
        _add_image(rss[0], options.channel_image(site))
        return shell_of(rss, site)


def _add_image(channel: etree._Element, url: str) -> None:
    """Adds the channel's image, which bears the channel's title and link."""
    image = etree.SubElement(channel, "image")
    etree.SubElement(image, "url").text = url
    for name in ("title", "link"):
        etree.SubElement(image, name).text = channel.findtext(name)
