"""Feeds and lists, one output format per file: to add a feed format is to add a file and its line in FORMATS.

LISTS are held to the same contract by the tests; who makes their documents is `workers.directories`."""

from typing import Any

from sokbo.domain.document import FragmentFormat
from sokbo.domain.selection import PLAIN, Detail, Selection
from workers.feeds.atom import Atom
from workers.feeds.dialects import DIALECT_FORMATS
from workers.feeds.footer import FooterLink, footer_link
from workers.feeds.format import NO_HISTORY, FeedFormat, History, ListFormat, Options, Shell
from workers.feeds.json_feed import JsonFeed
from workers.feeds.opml import Opml
from workers.feeds.rss import Rss
from workers.feeds.sitemap import Linked, NewsSitemap, Sitemap, SitemapIndex
from workers.feeds.words import feed_title

__all__ = [
    "ARCHIVE",
    "ATOM",
    "DIALECT_FORMATS",
    "FORMATS",
    "LISTS",
    "NEWS_SITEMAP",
    "NO_HISTORY",
    "OPML",
    "SITEMAP",
    "SITEMAP_INDEX",
    "SUMMARIES",
    "FeedFormat",
    "FooterLink",
    "History",
    "Linked",
    "Options",
    "Shell",
    "feed_title",
    "footer_link",
    "formats_of",
]

ATOM, _JSON = Atom(), JsonFeed()
_ALL: tuple[FeedFormat, ...] = (Rss(), ATOM, _JSON)
#: The formats in which the archive is kept.
ARCHIVE: tuple[FeedFormat, ...] = (ATOM, _JSON)

FORMATS: dict[FragmentFormat, FeedFormat] = {feed_format.format: feed_format for feed_format in _ALL}
#: The same without the full text, for selections that want it so.
SUMMARIES: tuple[FeedFormat, ...] = (
    Rss(FragmentFormat.RSS_SUMMARY),
    Atom(FragmentFormat.ATOM_SUMMARY),
    JsonFeed(FragmentFormat.JSON_SUMMARY),
)

OPML, SITEMAP, SITEMAP_INDEX, NEWS_SITEMAP = Opml(), Sitemap(), SitemapIndex(), NewsSitemap()
LISTS: tuple[ListFormat[Any], ...] = (OPML, SITEMAP, SITEMAP_INDEX, NEWS_SITEMAP)


def formats_of(selection: Selection) -> tuple[FeedFormat, ...]:
    """The formats in which a selection can be had: its profile's, or all, in full text or without."""
    if selection.profile != PLAIN:
        return (DIALECT_FORMATS[selection.profile],)
    return _ALL if selection.detail is Detail.FULL else SUMMARIES
