"""RSS 2.0, with full text in content:encoded, names in dc:creator, later editions in dcterms:modified, pictures in Media RSS."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from html import escape

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import STYLESHEET_PATH, Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.atom import Atom
from workers.feeds.footer import FooterLink
from workers.feeds.format import KEPT_FRAMES, NO_HISTORY, PUBLIC, TTL_MINUTES, History, Options, Shell, hub_of
from workers.feeds.item import GENERATOR, Item, plain, second, utc
from workers.feeds.words import listing_title

_TAIL = b"  </channel>\n</rss>\n"
_PLACE = datetime(1970, 1, 1, tzinfo=UTC)


class Rss:
    """RSS 2.0 (www.rssboard.org/rss-specification), with the full text or without."""

    suffix = "rss"
    media_type = "application/rss+xml; charset=utf-8"

    def __init__(self, form: FragmentFormat = FragmentFormat.RSS):
        self.format = form

    def entry(self, shown: Item) -> bytes:
        made = FeedEntry()
        made.id(shown.id)
        made.title(shown.title)
        made.link(href=shown.url)
        if self.format is FragmentFormat.RSS:
            made.description(escape(shown.summary, quote=False))  # a description is HTML, and the summary is not
            made.content(shown.html)
        else:
            made.description(shown.brief_html)
        made.category([{"term": key, "label": label} for label, key in shown.labels.items()])
        made.pubDate(shown.published)
        if shown.image and shown.image.is_measured:
            made.enclosure(shown.image.url, str(shown.image.length), shown.image.type)
        element = made.rss_entry()
        fixes.add_creators(element, shown.creators)
        if shown.is_later_edition:
            etree.SubElement(element, f"{{{fixes.DCTERMS}}}modified").text = second(shown.updated).isoformat()
        if shown.image:
            fixes.add_media(element, shown.image)
        return fixes.entry_xml(element)

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        frame = _frame(site, listing, history, options)
        return replace(frame, head=frame.head.replace(_last_build_date(_PLACE), _last_build_date(updated), 1))


@lru_cache(maxsize=KEPT_FRAMES)
def _frame(site: Site, listing: Listing, history: History, options: Options) -> Shell:
    """The shell, with a time that is to be replaced. Its archive is in Atom (RFC 5005 appendix B)."""
    feed = FeedGenerator()
    feed.register_extension("entries", fixes.EntryNamespaces)
    atom_type = Atom.media_type.partition(";")[0]
    links = [{"href": site.url(path), "rel": rel, "type": atom_type} for rel, path in history.links(Atom.suffix).items()]
    if hub := hub_of(site, options, history):
        links.append({"href": hub, "rel": "hub"})
    feed.register_extension("links", partial(fixes.ChannelLinks, links))
    title = plain(listing_title(site, listing))
    feed.title(title)
    feed.description(plain(site.description) or title)
    feed.language(options.language or site.language)
    feed.lastBuildDate(_PLACE)
    feed.generator(GENERATOR)
    feed.ttl(TTL_MINUTES)
    if not options.hidden:
        feed.link(href=site.url(listing.feed_path(Rss.suffix)), rel="self", type=Rss.media_type.partition(";")[0])
    page = site.url(listing.page_path)
    feed.link(href=page, rel="alternate")  # the last one is the channel's link
    feed.image(options.channel_image(site), title, page)
    document = fixes.styled(fixes.head_as_text(feed.rss_str(pretty=True)), site.url(STYLESHEET_PATH))
    return Shell(document.removesuffix(_TAIL), b"\n", b"\n" + _TAIL)


def _last_build_date(moment: datetime) -> bytes:
    """The element as feedgen writes it."""
    return f"<lastBuildDate>{format_datetime(utc(moment))}</lastBuildDate>".encode()
