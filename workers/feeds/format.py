"""What a feed format is: how an article enters it, and what stands around the articles; and what a list's format is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sokbo.domain.archive import Part
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import DEFAULT_LOGO_PATH, Listing
from sokbo.domain.site import Site
from workers.feeds.footer import FooterLink
from workers.feeds.item import Item

#: Shells kept ready by each format, but for their time: all else changes only with the site.
KEPT_FRAMES = 512
#: What an RSS channel says of how long it may be kept.
TTL_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Shell:
    """A feed without its entries: `head + separator.join(entries) + tail` is the whole, with any number of entries."""

    head: bytes
    separator: bytes
    tail: bytes


@dataclass(frozen=True, slots=True)
class History:
    """Where a document of the site's feed stands in its archive (RFC 5005 section 4); a part has a document in each format.

    `part` is None for the current feed, which readers subscribe to; `previous` and `following` are None where the archive ends.
    `is_open`: the part still takes articles, and is no document of the archive yet.
    """

    part: Part | None = None
    previous: Part | None = None
    following: Part | None = None
    is_open: bool = False

    def links(self, suffix: str) -> dict[str, str]:
        """The paths of the neighbours in the format with that suffix, by link relation."""
        neighbours = {"prev-archive": self.previous, "next-archive": self.following}
        return {rel: part.archive_path(suffix) for rel, part in neighbours.items() if part}


NO_HISTORY = History()


@dataclass(frozen=True, slots=True)
class Options:
    """What a selection says of its feeds. `hidden`: the feed names neither its own address nor a hub. `language` is a BCP 47
    tag, `logo` a URL, each the site's if None."""

    hidden: bool = False
    language: str | None = None
    logo: str | None = None

    def channel_image(self, site: Site) -> str:
        """The URL of the image of an RSS channel, which always has one: the logo, or the sign that all sites have."""
        return self.logo or site.logo or site.url(DEFAULT_LOGO_PATH)


PUBLIC = Options()


def hub_of(site: Site, options: Options, history: History = NO_HISTORY) -> str | None:
    """The URL of the hub that tells of the feed's changes (WebSub section 4); None for a hidden feed, whose address is a secret,
    and for the documents in which an archive is kept, to which nobody subscribes."""
    return None if options.hidden or history.part else site.hub_url


class FeedFormat(Protocol):
    """One output format. All methods are pure: the same arguments give the same bytes in any process."""

    @property
    def format(self) -> FragmentFormat: ...

    @property
    def suffix(self) -> str:
        """The end of the feed's path, without a dot."""

    @property
    def media_type(self) -> str:
        """The Content-Type, with its charset."""

    def entry(self, shown: Item) -> bytes:
        """The published article's entry, the same in each of the site's feeds."""

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        """What surrounds the listing's entries, the newest of `updated`; `footer` and `history` show where there is a place for
        them."""


Item_contra = TypeVar("Item_contra", contravariant=True)


class ListFormat(Protocol[Item_contra]):
    """A document that lists addresses, for programs. Pure, as feed formats are."""

    @property
    def media_type(self) -> str:
        """The Content-Type, with its charset."""

    def document(self, site: Site, items: Iterable[Item_contra]) -> bytes:
        """The whole document."""
