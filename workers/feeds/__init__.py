"""Feeds and lists, one output format per file: to add one is to add a file and its line in FORMATS or LISTS."""

from typing import Any

from sokbo.domain.document import FragmentFormat
from workers.feeds.atom import Atom
from workers.feeds.footer import FooterLink, footer_link
from workers.feeds.format import NO_HISTORY, FeedFormat, History, ListFormat, Shell
from workers.feeds.json_feed import JsonFeed
from workers.feeds.opml import Opml
from workers.feeds.rss import Rss
from workers.feeds.sitemap import Linked, NewsSitemap, Sitemap, SitemapIndex
from workers.feeds.words import listing_title

__all__ = [
    "ARCHIVE",
    "FORMATS",
    "LISTS",
    "NEWS_SITEMAP",
    "NO_HISTORY",
    "OPML",
    "SITEMAP",
    "SITEMAP_INDEX",
    "FeedFormat",
    "FooterLink",
    "History",
    "Linked",
    "Shell",
    "footer_link",
    "listing_title",
]

#: The format in which the archive is kept.
ARCHIVE = Atom()
_ALL: tuple[FeedFormat, ...] = (Rss(), ARCHIVE, JsonFeed())

FORMATS: dict[FragmentFormat, FeedFormat] = {feed_format.format: feed_format for feed_format in _ALL}

OPML, SITEMAP, SITEMAP_INDEX, NEWS_SITEMAP = Opml(), Sitemap(), SitemapIndex(), NewsSitemap()
LISTS: tuple[ListFormat[Any], ...] = (OPML, SITEMAP, SITEMAP_INDEX, NEWS_SITEMAP)
