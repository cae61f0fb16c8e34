"""The rules of sitemaps 0.9, Google's news sitemaps 0.9 and OPML 2.0, as far as they touch our documents.

Written from the specifications and, for OPML, from what the W3C Feed Validator says of it.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from lxml import etree

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOST_BYTES = 50_000_000
MOST_URLS = 50_000
MOST_NEWS = 1_000
MOST_LOCATION_CHARACTERS = 2_048

_LOCATION = re.compile(r"https://gnj\.example\.kr/[\w/?:@&=+$.\-!~*'()%,;]*", re.ASCII)
_LANGUAGE = re.compile(r"zh-cn|zh-tw|[a-z]{2,3}")
#: In a text, what a reader who takes it for HTML sees as a tag, or as a reference that may not end.
_LIKE_HTML = re.compile(r"&(?!#?\w+;)[a-zA-Z#]|<[a-zA-Z/!?]")
_OUTLINE = {"text", "title", "type", "version", "language", "xmlUrl", "htmlUrl"}


def sitemap_complaints(document: bytes) -> list[str]:
    """What is wrong with a sitemap of pages."""
    return [*_urls(document, "urlset", "url", MOST_URLS, allowed=(f"{SITEMAP}loc", f"{SITEMAP}lastmod"))]


def index_complaints(document: bytes) -> list[str]:
    """What is wrong with a sitemap index."""
    return [*_urls(document, "sitemapindex", "sitemap", MOST_URLS, allowed=(f"{SITEMAP}loc", f"{SITEMAP}lastmod"))]


def news_complaints(document: bytes) -> list[str]:
    """What is wrong with a news sitemap."""
    found = [*_urls(document, "urlset", "url", MOST_NEWS, allowed=(f"{SITEMAP}loc", f"{NEWS}news"))]
    for news in etree.fromstring(document).iter(f"{NEWS}news"):
        found += _in_order(news, f"{NEWS}publication", f"{NEWS}publication_date", f"{NEWS}title")
        publication = news[0]
        found += _in_order(publication, f"{NEWS}name", f"{NEWS}language")
        if not _LANGUAGE.fullmatch(publication.findtext(f"{NEWS}language") or ""):
            found.append(f"language {publication.findtext(f'{NEWS}language')}")
        found += _moment(news.findtext(f"{NEWS}publication_date"))
    return found


def opml_complaints(document: bytes) -> list[str]:
    """What is wrong with a subscription list."""
    root = etree.fromstring(document)
    found = [] if (root.tag, root.get("version")) == ("opml", "2.0") else ["not OPML 2.0"]
    found += _in_order(root, "head", "body")
    found += _in_order(root[0], "title", "dateCreated")
    created = root.findtext("head/dateCreated") or ""
    found += [] if format_datetime(parsedate_to_datetime(created)) == created else [f"date {created}"]
    found += [] if root.find("body/outline") is not None else ["no outline"]
    found += [f"like HTML: {text}" for text in _texts(root) if _LIKE_HTML.search(text)]
    for outline in root.iter("outline"):
        if len(outline):
            found += [] if [*outline.keys()] == ["text"] else ["a group that is more than text"]
        elif {*outline.keys()} != _OUTLINE or (outline.get("type"), outline.get("version")) != ("rss", "RSS2"):
            found.append(f"outline {outline.attrib}")
        else:
            found += [*_location(outline.get("xmlUrl")), *_location(outline.get("htmlUrl"))]
    return found


def _texts(root: etree._Element) -> Iterator[str]:
    """What people see of a subscription list, which the validator reads as HTML (NotHtml)."""
    yield root.findtext("head/title") or ""
    for outline in root.iter("outline"):
        yield from (outline.get(name, "") for name in ("text", "title"))


def _urls(document: bytes, root_name: str, child_name: str, most: int, allowed: tuple[str, str]) -> Iterator[str]:
    root = etree.fromstring(document)
    if root.tag != f"{SITEMAP}{root_name}":
        yield f"root {root.tag}"
    if not 0 < len(root) <= most or len(document) > MOST_BYTES:
        yield f"{len(root)} addresses, {len(document)} bytes"
    for child in root:
        if child.tag != f"{SITEMAP}{child_name}" or tuple(each.tag for each in child) != allowed[: len(child)] or not len(child):
            yield f"child {child.tag} of {[each.tag for each in child]}"
        yield from _location(child.findtext(f"{SITEMAP}loc"))
        if (modified := child.findtext(f"{SITEMAP}lastmod")) is not None:
            yield from _moment(modified)
    locations = [child.findtext(f"{SITEMAP}loc") for child in root]
    if len(locations) != len(set(locations)):
        yield "an address twice"


def _location(url: str | None) -> Iterator[str]:
    if not _LOCATION.fullmatch(url or "") or len(url or "") >= MOST_LOCATION_CHARACTERS:
        yield f"address {url}"


def _moment(text: str | None) -> Iterator[str]:
    """The W3C's profile of ISO 8601, with seconds and a zone."""
    if text is None or datetime.fromisoformat(text).tzinfo is None or "T" not in text:
        yield f"time {text}"


def _in_order(parent: etree._Element, *tags: str) -> Iterator[str]:
    if tuple(child.tag for child in parent) != tags:
        yield f"{parent.tag} has {[child.tag for child in parent]}"
    yield from (f"empty {child.tag}" for child in parent if not len(child) and not (child.text or "").strip())
