"""OPML 2.0 (opml.org/spec2.opml): a subscription list of all the feeds of a site."""

import re
from collections.abc import Iterable, Iterator, Mapping
from email.utils import format_datetime
from html import escape
from itertools import groupby
from types import MappingProxyType

from sokbo.domain.feed import Listing
from sokbo.domain.site import Site
from workers.feeds.item import plain, utc
from workers.feeds.rss import Rss
from workers.feeds.words import feed_title, kind_name

#: What begins a reference or a tag, if the text is taken for HTML: the specification allows it, and the W3C validator does.
_SIGN = re.compile(r"[&<](?=[a-zA-Z#/!?])")
#: WORD JOINER (Unicode section 23.2): it shows nothing, and no reference or tag has one.
_JOINER = "\u2060"


class Opml:
    """OPML 2.0. Each list of articles is one outline, for whoever imports them all wants no feed in three formats."""

    media_type = "text/x-opml; charset=utf-8"

    def document(self, site: Site, items: Iterable[Listing], languages: Mapping[Listing, str] = MappingProxyType({})) -> bytes:
        """The listings of terms stand below an outline for their kind, in the order given. `languages`: where a listing's isn't
        the site's."""
        lines = [
            "<?xml version='1.0' encoding='UTF-8'?>",
            '<opml version="2.0">',
            "  <head>",
            f"    <title>{escape(_named(site.title))}</title>",
            f"    <dateCreated>{format_datetime(utc(site.created_at))}</dateCreated>",
            "  </head>",
            "  <body>",
            *_outlines(site, items, languages),
            "  </body>",
            "</opml>\n",
        ]
        return "\n".join(lines).encode()


def _outlines(site: Site, listings: Iterable[Listing], languages: Mapping[Listing, str]) -> Iterator[str]:
    for kind, group in groupby(listings, key=lambda listing: listing.kind if listing.key else None):
        if kind is None:
            yield from (f"    {_outline(site, listing, languages)}" for listing in group)
            continue
        yield f'    <outline text="{escape(kind_name(kind, site.language))}">'
        yield from (f"      {_outline(site, listing, languages)}" for listing in group)
        yield "    </outline>"


def _outline(site: Site, listing: Listing, languages: Mapping[Listing, str]) -> str:
    title = _named(feed_title(site, listing))
    attributes = {
        "text": title,
        "title": title,
        "type": "rss",
        "version": "RSS2",
        "language": languages.get(listing, site.language),
        "xmlUrl": site.url(listing.feed_path(Rss.suffix)),
        "htmlUrl": site.url(listing.page_path),
    }
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<outline {written}/>"


def _named(title: str) -> str:
    """The title, which looks the same whether it is shown as text or as HTML. To escape it twice would show `&amp;` to those who
    take it for text, which are most readers."""
    return _SIGN.sub(rf"\g<0>{_JOINER}", plain(title))
