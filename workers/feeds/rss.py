"""RSS 2.0, with full text in content:encoded, names in dc:creator, later editions in dcterms:modified, pictures in Media RSS."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import STYLESHEET_PATH, Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.atom import Atom
from workers.feeds.footer import FooterLink
from workers.feeds.format import KEPT_FRAMES, NO_HISTORY, PUBLIC, History, Options, Shell, hub_of
from workers.feeds.item import Item, plain, utc
from workers.feeds.rss_parts import MEDIA_TYPE, SUFFIX, channel, item_element
from workers.feeds.words import feed_title

_TAIL = b"  </channel>\n</rss>\n"
_PLACE = datetime(1970, 1, 1, tzinfo=UTC)


class Rss:
    """RSS 2.0 (www.rssboard.org/rss-specification), with the full text or without."""

    suffix = SUFFIX
    media_type = MEDIA_TYPE

    def __init__(self, form: FragmentFormat = FragmentFormat.RSS):
        self.format = form

    def entry(self, shown: Item) -> bytes:
        enclosed = shown.image if shown.image and shown.image.is_measured else None
        if self.format is FragmentFormat.RSS:  # a description is HTML, and the summary is not
            element = item_element(shown, escape(shown.summary, quote=False), shown.html, enclosed)
        else:
            element = item_element(shown, shown.brief_html, enclosed=enclosed)
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
    atom_type = Atom.media_type.partition(";")[0]
    links = [{"href": site.url(path), "rel": rel, "type": atom_type} for rel, path in history.links(Atom.suffix).items()]
    if hub := hub_of(site, options, history):
        links.append({"href": hub, "rel": "hub"})
    feed = channel(site, listing, _PLACE, options, links)
    feed.register_extension("entries", fixes.EntryNamespaces)
    feed.image(options.channel_image(site), plain(feed_title(site, listing)), site.url(listing.page_path))
    document = fixes.styled(fixes.head_as_text(feed.rss_str(pretty=True)), site.url(STYLESHEET_PATH))
    return Shell(document.removesuffix(_TAIL), b"\n", b"\n" + _TAIL)


def _last_build_date(moment: datetime) -> bytes:
    """The element as feedgen writes it."""
    return f"<lastBuildDate>{format_datetime(utc(moment))}</lastBuildDate>".encode()
