"""A selection: a feed of a publisher's own choice of articles, made once and then at an address of its own."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sokbo.domain.article import Content
from sokbo.domain.feed import BREAKING_LISTING, Listing, ListingKind, terms
from sokbo.domain.ids import SiteId

#: The profile of whoever takes feeds as they are; the others are the names of dialects.
PLAIN = "plain"
_TOKEN_BYTES = 24
DEFAULT_ENTRIES = 50
#: How many articles of a listing, from the newest, a selection looks at.
LOOKED_AT = 2_000


class Detail(StrEnum):
    """How much of an article an entry holds."""

    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Terms:
    """Slugs by kind, sorted."""

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def by_kind(self) -> dict[ListingKind, tuple[str, ...]]:
        """The kinds of which there are any; of these, the one that a site has most listings of comes first."""
        kinds = {ListingKind.AUTHOR: self.authors, ListingKind.TAG: self.tags, ListingKind.CATEGORY: self.categories}
        return {kind: keys for kind, keys in kinds.items() if keys}


@dataclass(frozen=True, slots=True)
class Selection:
    """Wanted terms of one kind are alternatives, the kinds must all hold; one unwanted term keeps an article out.

    `language` is a BCP 47 tag. A private selection is read by whoever has the token of `token_digest`; by nobody without one.
    """

    site_id: SiteId
    name: str
    title: str
    created_at: datetime
    wanted: Terms = field(default_factory=Terms)
    unwanted: Terms = field(default_factory=Terms)
    language: str | None = None
    breaking: bool = False
    detail: Detail = Detail.FULL
    entries: int = DEFAULT_ENTRIES
    profile: str = PLAIN
    logo: str | None = None
    private: bool = False
    token_digest: str | None = None

    @property
    def listing(self) -> Listing:
        """What its feeds are called, and where they are if it is public."""
        return Listing(ListingKind.SELECTION, self.name, self.title)

    @property
    def named(self) -> list[Listing]:
        """The listings that lead to the selection: those of its wanted terms, and the breaking list; none if it draws on all of
        the site."""
        terms_of = self.wanted.by_kind().items()
        return [*(Listing(kind, key) for kind, keys in terms_of for key in keys), *([BREAKING_LISTING] if self.breaking else [])]

    def is_concerned(self, paths: Collection[str]) -> bool:
        """True if a change in the listings at these paths may change what stands in it."""
        wanted = self.wanted.by_kind()
        alternatives = [{Listing(kind, key).path for key in keys} for kind, keys in wanted.items()]
        if self.breaking:
            alternatives.append({BREAKING_LISTING.path})
        return all(not paths_of_kind.isdisjoint(paths) for paths_of_kind in alternatives)

    def admits(self, content: Content, *, breaking: bool, site_language: str) -> bool:
        """True if a published article with this content stands in it, as long as it is new enough."""
        has = {(listing.kind, listing.key) for listing in terms(content)}
        return (
            (breaking or not self.breaking)
            and (self.language is None or is_language(content.language or site_language, self.language))
            and all(_any(has, kind, keys) for kind, keys in self.wanted.by_kind().items())
            and not any(_any(has, kind, keys) for kind, keys in self.unwanted.by_kind().items())
        )


def is_language(tag: str, wanted: str) -> bool:
    """True if the BCP 47 tag says the wanted one's language: more closely, less closely or just so, but not another region."""
    tag, wanted = tag.lower(), wanted.lower()
    return tag == wanted or tag.startswith(f"{wanted}-") or wanted.startswith(f"{tag}-")


def new_token() -> str:
    """What reads a private selection: 192 random bits, fit for a URL."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def private_path(name: str, suffix: str) -> str:
    """Where a private feed is stored. No request gets there: in its address a token stands in that place."""
    return feed_path_with(name, "private", suffix)


def feed_path_with(name: str, token: str, suffix: str) -> str:
    """The path of a private feed as whoever has the token asks for it."""
    return f"{ListingKind.SELECTION.value}/{name}/{token}.{suffix}"


def _any(has: Collection[tuple[ListingKind, str]], kind: ListingKind, keys: tuple[str, ...]) -> bool:
    return any((kind, key) in has for key in keys)
