"""Where feedgen's faults are put right, and nowhere else.

Others need no code, but are kept out by how we call it: it dates what has no date with the time of the call, writes
type="CDATA" into Atom, and puts new entries first; so each date is given, nothing is CDATA, and no entry is added to a feed.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime

import feedgen.entry
import feedgen.feed
from feedgen.ext.base import BaseExtension
from lxml import etree

from workers.feeds.image import FeedImage, Thumbnail

# feedgen sets the whole process's locale around each RFC 822 date, which other threads see; the standard library needs none.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
MEDIA = "http://search.yahoo.com/mrss/"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
#: What entries may use beyond what a feed's root declares by itself, with the prefixes that the W3C validator expects.
NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": DC,
    "dcterms": DCTERMS,
    "media": MEDIA,
}

_PLANES = "".join(f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 17))
_FORBIDDEN = re.compile(f"[^\t\n\r -~\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc{_PLANES}]")

#: Elements of one line whose text, or whose attributes of these names, are for people; the description is a channel's. All begin
#: with `<`, for which text is searched in a fraction of the time that an alternative without takes.
_TEXTS = re.compile(
    rb'<(?:(?:title|category|description|media:title|dc:creator|subtitle|name|summary type="text")(?: [^<>]*)?>[^<]*|link [^<>]*)'
)
_TEXTS_OF_ENTRY = re.compile(_TEXTS.pattern.replace(b"description|", b""))
_ATTRIBUTES = re.compile(rb' (?:label|title)="[^"]*"')


def printable(text: str) -> str:
    """The text without what XML 1.0 section 2.2 forbids, on which lxml raises, and so one article would end a whole feed.

    DEL, the C1 controls, U+FFFD and the noncharacters (Unicode section 23.7), which XML allows, go too: the W3C validator warns
    of them, and nobody can read them.
    """
    if text.replace("\n", "").isprintable() and "\ufffd" not in text:
        return text  # as most are, and this is found in a fraction of the time
    return _FORBIDDEN.sub("", text)


def restore_link_attributes(entry: etree._Element, links: Sequence[dict[str, str]]) -> None:
    """Gives the Atom links of an entry, in their order, the attributes that feedgen dropped: all but href."""
    for element, link in zip(entry.iterchildren("link"), links, strict=True):
        for name, value in link.items():
            if name != "href":
                element.set(name, value)


def add_creators(item: etree._Element, names: Sequence[str]) -> None:
    """Adds a dc:creator for each name to an RSS item: feedgen drops authors without an e-mail address."""
    for name in names:
        etree.SubElement(item, f"{{{DC}}}creator").text = name


def add_media(item: etree._Element, image: FeedImage) -> None:
    """Adds the picture to an RSS item as Media RSS has it (www.rssboard.org/media-rss). feedgen would put it into a group, which
    is for several of the same content."""
    known = {"url": image.url, "type": image.type, "medium": "image", "fileSize": image.length}
    content = etree.SubElement(item, f"{{{MEDIA}}}content", _attributes(known, image))
    if image.title:
        etree.SubElement(content, f"{{{MEDIA}}}title", {"type": "plain"}).text = image.title
    etree.SubElement(item, f"{{{MEDIA}}}thumbnail", _attributes({"url": image.thumbnail.url}, image.thumbnail))


def _attributes(known: Mapping[str, str | int | None], sized: FeedImage | Thumbnail) -> dict[str, str]:
    everything = {**known, "width": sized.width, "height": sized.height}
    return {name: str(value) for name, value in everything.items() if value is not None}


class EntryNamespaces(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Declares on a feed's root what its entries use: feedgen knows only of the entries it wrote itself."""

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES


class ChannelLinks(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Gives an RSS channel Atom links, of which feedgen writes the one to itself only."""

    def __init__(self, links: Sequence[dict[str, str]]) -> None:
        self._links = links

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        for link in self._links:
            etree.SubElement(feed[0], f"{{{ATOM}}}link", link)
        return feed


class ArchiveMark(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Marks an Atom feed as a document of an archive (RFC 5005 section 4), of which feedgen knows nothing."""

    def extend_ns(self) -> dict[str, str]:
        return {"fh": HISTORY}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        etree.SubElement(feed, f"{{{HISTORY}}}archive")
        return feed


def styled(document: bytes, href: str) -> bytes:
    """The feed with a stylesheet for whoever opens it in a browser, which readers pass over (xml-stylesheet 1.0)."""
    declaration, rest = document.split(b"?>\n", 1)
    return b'%b?>\n<?xml-stylesheet type="text/css" href="%b"?>\n%b' % (declaration, href.encode(), rest)


def head_as_text(head: bytes) -> bytes:
    """The head of a feed, with `&` and `<` in its titles and the like by their numbers: RSS 2.0 doesn't say whether they are text
    or HTML. By this the W3C validator knows them for text, and doesn't warn of what looks like HTML (CharacterData,
    ContainsHTML, ContainsUndeclaredHTML), in Atom neither."""
    return _TEXTS.sub(_by_numbers, head)


def _as_text(entry: bytes) -> bytes:
    """The same of an entry, whose description is HTML."""
    return _TEXTS_OF_ENTRY.sub(_by_numbers, entry)


def _by_numbers(element: re.Match[bytes]) -> bytes:
    if b"&" not in element[0]:
        return element[0]
    tag, end, text = element[0].partition(b">")
    return _ATTRIBUTES.sub(lambda attribute: _numbered(attribute[0]), tag) + end + _numbered(text)


def _numbered(text: bytes) -> bytes:
    return text.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def entry_xml(entry: etree._Element, namespaces: Mapping[str, str] = NAMESPACES) -> bytes:
    """The entry's XML, indented, its titles and the like as `head_as_text` has them, without the namespace declarations that
    feedgen leaves on its elements.

    It is correct below a root that declares the `namespaces`: an ancestor that declares them is put around the entry, for lxml
    to drop the entry's own, and cut off again.
    """
    root = etree.Element("root", nsmap=dict(namespaces))
    root.append(entry)
    document = etree.tostring(root, encoding="utf-8", pretty_print=True)
    return _as_text(document[document.index(b"\n") + 1 : document.rindex(b"\n</root>")])
