"""The rules by which the W3C Feed Validator finds errors and warnings in RSS 2.0 and Atom 1.0, as far as they touch our feeds.

Written from its behaviour, as no package has it; what it says of the HTML inside is in `w3c_html`. Left out: its doubt of dates
before 1990, which are true here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html.entities import name2codepoint

from lxml import etree

from sokbo.domain.html import ELEMENTS
from tests.unit.workers.feeds.w3c_html import html_complaints

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
MODIFIED = "{http://purl.org/dc/terms/}modified"
MEDIA = "{http://search.yahoo.com/mrss/}"

_URI = re.compile(r"[a-zA-Z][\w+.-]*:(//)?[\w;/?:@&=+$.\-!~*'()%,#]+", re.ASCII)
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_BAD_CHARACTERS = re.compile("[\x80-\x9f\ufffd\ufdd0-\ufdef\U0001fffe\U0001ffff\U0010fffe\U0010ffff]")
_KIND = re.compile(r"\.\w+\Z")
_END_TAG = re.compile(rf"</(?:{'|'.join(ELEMENTS)})>", re.IGNORECASE)
_ENCODED = re.compile(r"<item>.*?</item>", re.DOTALL)
_DESCRIPTION = re.compile(r"<description>[^<]*</description>")
_TEXTS = re.compile(
    r'<(title|category|description|media:title|dc:creator|subtitle|name|summary type="text")\b[^<>]*>[^<]*</'
    r"|<(?:link|category)\b[^<>]*/>"
)
_ATTRIBUTES = re.compile(r'\b(?:label|title)="([^"]*)"')
_REFERENCE = re.compile(r"&(#?\w+)")
_TAG = re.compile("<[/a-zA-Z]")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_REGISTERED = {"alternate", "self", "enclosure", "via", "related", "hub", "current", "prev-archive", "next-archive"}

_CHANNEL_ONCE = {"title", "link", "description", "language", "lastBuildDate", "ttl", "docs", "generator", "image"}
_IMAGE_ONCE = {"url", "title", "link"}
_ITEM_ONCE = {"title", "link", "description", "guid", "pubDate", CONTENT}
_FEED_ONCE = {f"{ATOM}{name}" for name in ("id", "title", "updated", "subtitle", "generator", "logo")}
_FEED_MAY = {f"{ATOM}subtitle", f"{ATOM}logo"}
_REPEATED = {f"{ATOM}{name}" for name in ("link", "author", "category")}
_ENTRY_ONCE = {f"{ATOM}{name}" for name in ("id", "title", "updated", "published", "summary", "content")}


def rss_complaints(document: bytes) -> list[str]:
    """What the validator would say of an RSS 2.0 document; empty when it is valid."""
    root = etree.fromstring(document)
    channel = root[0]
    found = [] if (root.tag, root.get("version")) == ("rss", "2.0") and len(root) == 1 else ["not RSS 2.0"]
    found += [
        *_alike(document, root),
        *_texts(document),
        *_children(channel, _CHANNEL_ONCE, required=_CHANNEL_ONCE - {"image"}, repeated={"item", f"{ATOM}link"}),
        *_misplaced(channel, "item"),
        *_dates_822(channel, "lastBuildDate"),
        *_plain(channel, "title", "description"),
        *_uris(channel, "link", "docs"),
        *_image(channel),
        *_self(channel),
    ]
    for item in channel.iterfind("item"):
        found += _of_item(item)
    return found + _twice("guid", [_text(item, "guid") for item in channel.iterfind("item")])


def atom_complaints(document: bytes) -> list[str]:
    """What the validator would say of an Atom 1.0 document; empty when it is valid."""
    return [*_texts(document), *_of_feed(etree.fromstring(document))]


def _of_feed(feed: etree._Element) -> list[str]:
    document = etree.tostring(feed, encoding="UTF-8", xml_declaration=True)
    found = [] if feed.tag == f"{ATOM}feed" else ["not Atom 1.0"]
    found += [
        *_alike(document, feed),
        *_children(feed, _FEED_ONCE, required=_FEED_ONCE - _FEED_MAY, repeated=_REPEATED | {f"{ATOM}entry"}),
        *_misplaced(feed, f"{ATOM}entry"),
        *_dates_3339(feed, f"{ATOM}updated"),
        *_plain(feed, f"{ATOM}title", f"{ATOM}subtitle"),
        *_persons(feed),
        *([] if feed.find(f"{ATOM}logo") is None else _uris(feed, f"{ATOM}logo")),
        *_self(feed),
    ]
    if not feed.get("{http://www.w3.org/XML/1998/namespace}lang"):
        found.append("no xml:lang")
    if feed.find(f"{ATOM}author") is None:
        found.append("no author")
    for entry in feed.iterfind(f"{ATOM}entry"):
        found += _of_entry(entry)
    updates = [_text(entry, f"{ATOM}updated") for entry in feed.iterfind(f"{ATOM}entry")]
    found += _twice("updated", updates)
    if any(datetime.fromisoformat(each) > datetime.fromisoformat(_text(feed, f"{ATOM}updated")) for each in updates):
        found.append("an entry newer than the feed")
    ids = [_text(each, f"{ATOM}id") for each in feed.iter(f"{ATOM}feed", f"{ATOM}entry")]
    return found + [f"id {each}" for each in ids if not _URN.fullmatch(each)] + _twice("id", ids)


def archive_complaints(document: bytes) -> list[str]:
    """What the validator would say of an archive document, and what RFC 5005 section 4 would. Of the namespace of tombstones
    (RFC 6721) the validator knows nothing and warns: that is taken for granted."""
    feed = etree.fromstring(document)
    rels = [link.get("rel") for link in feed.iterfind(f"{ATOM}link")]
    found = [] if len(feed.findall(ARCHIVE)) == 1 else ["not marked as an archive once"]
    found += [] if rels.count("current") == 1 else ["no current feed"]
    # The validator wants an archive document to have a neighbour, also where it is the only one.
    found += [] if {"prev-archive", "next-archive"} & {*rels} else ["no neighbour"]
    for element in [*feed.iterfind(ARCHIVE), *feed.iterfind(TOMBSTONE)]:
        if element.tag == TOMBSTONE:
            found += _of_tombstone(element)
        feed.remove(element)
    return [*found, *_texts(document), *_of_feed(feed)]


def _image(channel: etree._Element) -> Iterator[str]:
    """It bears the channel's title and link. The validator tells by the URL's end that it is of another kind than these."""
    for image in channel.iterfind("image"):
        yield from _children(image, _IMAGE_ONCE, required=_IMAGE_ONCE, repeated=set())
        yield from _uris(image, "url")
        for name in ("title", "link"):
            if _text(image, name) != _text(channel, name):
                yield f"image's {name} is not the channel's"
        kind = _KIND.search(_text(image, "url"))
        if kind and kind[0].lower() not in {".gif", ".jpeg", ".jpg", ".png"}:
            yield f"image of kind {kind[0]}"


def _of_tombstone(element: etree._Element) -> Iterator[str]:
    if not _URN.fullmatch(element.get("ref", "")) or not _RFC3339.fullmatch(element.get("when", "")) or len(element):
        yield f"tombstone {element.attrib}"


def _of_item(item: etree._Element) -> list[str]:
    names = [child.tag for child in item]
    late = CONTENT in names and names.index("description") > names.index(CONTENT)
    urn = item.xpath("boolean(guid[@isPermaLink='false'])") and _URN.fullmatch(_text(item, "guid"))
    return [
        *_children(
            item,
            _ITEM_ONCE | {MODIFIED, "enclosure", f"{MEDIA}content", f"{MEDIA}thumbnail"},
            required={"title", "guid"},
            repeated={"category", CREATOR},
        ),
        *_media(item),
        *_dates_822(item, "pubDate"),
        *_dates_3339(item, MODIFIED),
        *_plain(item, "title", "category"),
        *html_complaints(_text(item, "description")),
        *html_complaints(_text(item, CONTENT)),
        *_uris(item, "link"),
        *(["content:encoded before description"] if late else []),
        *([] if urn else ["guid is no URN, or a permalink"]),
    ]


def _media(item: etree._Element) -> Iterator[str]:
    """Enclosures (RSS 2.0), and Media RSS 1.5.1; of a group, which is for several, nobody has need."""
    for enclosure in item.iterfind("enclosure"):
        if not (_URI.fullmatch(enclosure.get("url", "")) and _MIME.fullmatch(enclosure.get("type", ""))):
            yield f"enclosure {enclosure.attrib}"
        if not enclosure.get("length", "").isdecimal() or enclosure.keys() != ["url", "length", "type"]:
            yield f"enclosure {enclosure.attrib}"
    for element in item.iterfind(f"{MEDIA}*"):
        numbers = [element.get(name, "1") for name in ("width", "height", "fileSize")]
        if not _URI.fullmatch(element.get("url", "")) or not all(number.isdecimal() and int(number) for number in numbers):
            yield f"{element.tag} {element.attrib}"
        if not _MIME.fullmatch(element.get("type", "image/x")) or element.get("medium", "image") != "image":
            yield f"{element.tag} {element.attrib}"
        if [(child.tag, child.get("type")) for child in element] not in ([], [(f"{MEDIA}title", "plain")]):
            yield f"in {element.tag}"


def _of_entry(entry: etree._Element) -> list[str]:
    types = [(child.tag, child.get("type")) for child in entry.iter(f"{ATOM}content", f"{ATOM}summary")]
    updated, published = (datetime.fromisoformat(_text(entry, f"{ATOM}{name}")) for name in ("updated", "published"))
    return [
        *_children(entry, _ENTRY_ONCE, required=_ENTRY_ONCE, repeated=_REPEATED),
        *_dates_3339(entry, f"{ATOM}updated", f"{ATOM}published"),
        *_plain(entry, f"{ATOM}title"),
        *html_complaints(_text(entry, f"{ATOM}content")),
        *_persons(entry),
        *("category without term" for each in entry.iterfind(f"{ATOM}category") if not each.get("term")),
        *([] if types == [(f"{ATOM}content", "html"), (f"{ATOM}summary", "text")] else ["wrong type of content or summary"]),
        *(["updated before published"] if updated < published else []),
    ]


def _alike(document: bytes, root: etree._Element) -> Iterator[str]:
    if not document.startswith(b"<?xml") or b"<!DOCTYPE" in document[:200]:
        yield "no XML declaration, or a DOCTYPE"
    if _BAD_CHARACTERS.search(document.decode()):
        yield "bad characters"
    for element in root.iter():
        language = element.get("{http://www.w3.org/XML/1998/namespace}lang", element.text if element.tag == "language" else "ko")
        if not _LANGUAGE.fullmatch(language or ""):
            yield f"language {language}"
    for parent in (root, *root.iter("channel", f"{ATOM}entry")):
        links = parent.findall(f"{ATOM}link")
        for link in links:
            if link.get("rel") not in _REGISTERED or not _URI.fullmatch(link.get("href", "")):
                yield f"link {link.get('rel')} {link.get('href')}"
        yield from _twice("alternate", [link.get("type", "") for link in links if link.get("rel") == "alternate"])


def _children(parent: etree._Element, once: set[str], *, required: set[str], repeated: set[str]) -> Iterator[str]:
    counted = Counter(str(child.tag) for child in parent)
    yield from (f"unknown {tag}" for tag in counted if tag not in once | repeated)
    yield from (f"{tag} {counted[tag]} times" for tag in once if counted[tag] > 1)
    yield from (f"no {tag}" for tag in required if not _text(parent, tag).strip())


def _misplaced(parent: etree._Element, entry: str) -> list[str]:
    tags = [child.tag for child in parent]
    first = tags.index(entry) if entry in tags else len(tags)
    return [f"{tag} after entries" for tag in tags[first:] if tag != entry]


def _self(parent: etree._Element) -> list[str]:
    links = [link for link in parent.iterfind(f"{ATOM}link") if link.get("rel") == "self"]
    return [] if len(links) == 1 else ["not one link rel=self"]


def _text(parent: etree._Element, tag: str) -> str:
    return parent.findtext(tag) or ""


def _dates_822(parent: etree._Element, *tags: str) -> Iterator[str]:
    for text in filter(None, (_text(parent, tag) for tag in tags)):
        when = parsedate_to_datetime(text)
        if format_datetime(when) != text or when.tzinfo is None:
            yield f"date {text}"


def _dates_3339(parent: etree._Element, *tags: str) -> Iterator[str]:
    for text in filter(None, (_text(parent, tag) for tag in tags)):
        if not _RFC3339.fullmatch(text) or datetime.fromisoformat(text).tzinfo is None:
            yield f"date {text}"


def _plain(parent: etree._Element, *tags: str) -> list[str]:
    return [f"HTML in {tag}" for tag in tags for each in parent.findall(tag) if _END_TAG.search(each.text or "")]


def _texts(document: bytes) -> Iterator[str]:
    """What it has against titles, names and the like that look like HTML (ContainsHTML, ContainsUndeclaredHTML, CharacterData),
    be it by a reference without its semicolon: nobody can tell whether they are text. One in whose lines «&#x» stands it takes
    for text. An RSS item's description is HTML."""
    text = _ENCODED.sub(lambda item: _DESCRIPTION.sub("", item[0]), document.decode())
    for found in _TEXTS.finditer(text):
        source = found[0]
        values = _ATTRIBUTES.findall(source) if source.endswith("/>") else [source[source.index(">") + 1 : -2]]
        for value in map(_read, values):
            looks = [name in name2codepoint or name == "apos" or not name.isalpha() for name in _REFERENCE.findall(value)]
            if (any(looks) or _TAG.search(value)) and "&#x" not in source:
                yield f"HTML in {source}"


def _read(source: str) -> str:
    """What the XML says."""
    return etree.fromstring(f"<text>{source}</text>").text or ""


def _uris(parent: etree._Element, *tags: str) -> list[str]:
    return [f"{tag} {parent.findtext(tag)}" for tag in tags if not _URI.fullmatch(_text(parent, tag))]


def _persons(parent: etree._Element) -> Iterator[str]:
    for person in parent.findall(f"{ATOM}author"):
        yield from _plain(person, f"{ATOM}name")
        if not _text(person, f"{ATOM}name").strip():
            yield "author without name"
        if person.find(f"{ATOM}uri") is not None:
            yield from _uris(person, f"{ATOM}uri")


def _twice(what: str, values: list[str]) -> list[str]:
    return [f"{what} {value} {count} times" for value, count in Counter(values).items() if count > 1]
