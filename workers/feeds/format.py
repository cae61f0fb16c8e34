"""What a feed format is: how an article enters it, and what stands around the articles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import Listing
from sokbo.domain.site import Site
from workers.feeds.footer import FooterLink

#: Shells kept ready by each format, but for their time: all else changes only with the site.
KEPT_FRAMES = 512


@dataclass(frozen=True, slots=True)
class Shell:
    """A feed without its entries: `head + separator.join(entries) + tail` is the whole, with any number of entries."""

    head: bytes
    separator: bytes
    tail: bytes


class FeedFormat(Protocol):
    """One output format. Both methods are pure: the same arguments give the same bytes in any process."""

    @property
    def format(self) -> FragmentFormat: ...

    @property
    def suffix(self) -> str:
        """The end of the feed's path, without a dot."""

    @property
    def media_type(self) -> str:
        """The Content-Type, with its charset."""

    def entry(self, site: Site, article: Article) -> bytes:
        """The published article's entry, the same in each of the site's feeds."""

    def shell(self, site: Site, listing: Listing, updated: datetime, footer: FooterLink | None = None) -> Shell:
        """What surrounds the listing's entries, the newest of `updated`; `footer` shows where there is a place for it."""
