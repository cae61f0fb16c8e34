"""Feeds, one output format per file: to add one is to add a file and its line in FORMATS."""

from sokbo.domain.document import FragmentFormat
from workers.feeds.atom import Atom
from workers.feeds.footer import FooterLink, footer_link
from workers.feeds.format import FeedFormat, Shell
from workers.feeds.json_feed import JsonFeed
from workers.feeds.rss import Rss
from workers.feeds.words import listing_title

__all__ = ["FORMATS", "FeedFormat", "FooterLink", "Shell", "footer_link", "listing_title"]

_ALL: tuple[FeedFormat, ...] = (Rss(), Atom(), JsonFeed())

FORMATS: dict[FragmentFormat, FeedFormat] = {feed_format.format: feed_format for feed_format in _ALL}
