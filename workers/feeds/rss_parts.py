"""What every feed in RSS 2.0 has, the plain ones and the dialects': the channel's own elements, and an item's."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from sokbo.domain.feed import Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.format import TTL_MINUTES, Options
from workers.feeds.image import FeedImage
from workers.feeds.item import GENERATOR, Item, plain, second, utc
from workers.feeds.words import feed_title

SUFFIX = "rss"
MEDIA_TYPE = "application/rss+xml; charset=utf-8"


def item_element(shown: Item, description: str, html: str = "", enclosed: FeedImage | None = None) -> etree._Element:
    """The article's item. `description` is escaped or HTML; `html` is content:encoded, if any; `enclosed` is measured."""
    made = FeedEntry()
    made.id(shown.id)
    made.title(shown.title)
    made.link(href=shown.url)
    made.description(description)
    if html:
        made.content(html)
    made.category([{"term": key, "label": label} for label, key in shown.labels.items()])
    made.pubDate(shown.published)
    if enclosed is not None:
        made.enclosure(enclosed.url, str(enclosed.length), enclosed.type)
    element: etree._Element = made.rss_entry()
    fixes.add_creators(element, shown.creators)
    if shown.is_later_edition:
        etree.SubElement(element, f"{{{fixes.DCTERMS}}}modified").text = second(shown.updated).isoformat()
    return element


def channel(
    site: Site, listing: Listing, updated: datetime, options: Options, links: Sequence[dict[str, str]] = ()
) -> FeedGenerator:
    """The listing's channel without items, with the attributes of the Atom links that it has beside the one to itself."""
    feed = FeedGenerator()
    feed.register_extension("links", partial(fixes.ChannelLinks, links))
    title = plain(feed_title(site, listing))
    feed.title(title)
    feed.description(plain(site.description) or title)
    feed.language(options.language or site.language)
    feed.lastBuildDate(utc(updated))
    feed.generator(GENERATOR)
    feed.ttl(TTL_MINUTES)
    if not options.hidden:
        feed.link(href=site.url(listing.feed_path(SUFFIX)), rel="self", type=MEDIA_TYPE.partition(";")[0])
    feed.link(href=site.url(listing.page_path), rel="alternate")  # the last one is the channel's link
    return feed
