"""Articles and listings into HTML. A page leaves out what changes without it, its cards and the breaking strip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from sokbo.domain.article import Article
from sokbo.domain.feed import FEED_TYPES, SITE_LISTING, Listing, ListingKind
from sokbo.domain.lead_image import LeadImage
from sokbo.domain.picture import Files
from sokbo.domain.selection import PLAIN, Selection
from sokbo.domain.site import Site
from sokbo.translations import FALLBACK_LANGUAGE
from workers.pages.article import article_values, page_values
from workers.pages.dates import time_element
from workers.pages.environment import build_environments
from workers.pages.stylesheet import stylesheet

STRIP_LINKS = 3

#: Frames of listings kept ready: what a page has around its cards, which changes only with the site.
_KEPT_FRAMES = 512
#: Bylines kept ready: a newspaper's writers are few.
_KEPT_BYLINES = 1024

#: Where templates leave room. No publisher's text can hold these as markup: titles are escaped, content comes without comments.
_UPDATED_PLACE = "<!--updated-->"
_CARDS_PLACE = "<!--cards-->"
_STRIP_PLACE = "<!--strip-->"
_CUT = "<!--cut-->"


@dataclass(frozen=True, slots=True)
class PageShell:
    """A page but for its cards, which go after `head` with `separator` between them, and its strip, after `tail`.

    The head comes in parts, so that those that many pages share need to be compressed only once.
    """

    head_parts: tuple[bytes, ...]
    closing: bytes
    separator: bytes = b""
    tail: bytes = b""


class PageRenderer:
    """Renders every page of every site in the site's language. Build it once in a process."""

    def __init__(self) -> None:
        self._environments = build_environments()
        self._frame = lru_cache(maxsize=_KEPT_FRAMES)(self._render_frame)
        self._article_frame = lru_cache(maxsize=_KEPT_FRAMES)(self._render_article_frame)
        self._byline = lru_cache(maxsize=_KEPT_BYLINES)(self._render_byline)

    def listing(self, site: Site, listing: Listing, updated: datetime | None) -> PageShell:
        """The page of a listing; `updated` is its newest article's time, None if it has none."""
        frame = self._frame(site, listing, updated is not None)
        if updated is None:
            return frame
        *before, last = frame.head_parts
        shown = time_element(updated, site).encode()
        start, _, end = last.partition(_UPDATED_PLACE.encode())
        return replace(frame, head_parts=(*before, start, shown, end))

    def _render_frame(self, site: Site, listing: Listing, updated: bool) -> PageShell:
        listings = list(dict.fromkeys([SITE_LISTING, listing]))
        page = self._render("pages/listing.html", site, listing=listing, feeds=listings, updated=updated)
        before_strip, _, closing = page.rpartition(_STRIP_PLACE)
        head, _, tail = before_strip.partition(_CARDS_PLACE)
        return PageShell(_in_parts(head), closing.encode(), b"\n", tail.encode())

    def card_and_page(
        self,
        site: Site,
        article: Article,
        shown: LeadImage | None = None,
        files: Files | None = None,
        *,
        now: datetime,
    ) -> tuple[bytes, PageShell]:
        """The article's box on list pages, the same in all of them, and its page; it is marked as breaking if it is so `now`.
        `shown` is the picture that is shown of it, if any. `files` are those of the site's that its text names, with their
        sizes."""
        own = self._own(site, article, shown, now)
        return self._card(site, own), self._page(site, own, files or {})

    def _own(self, site: Site, article: Article, shown: LeadImage | None, now: datetime) -> dict[str, Any]:
        own = article_values(site, article, shown, now)
        return {**own, "byline": self._byline(tuple(own["authors"]))}

    def _render_byline(self, authors: tuple[tuple[str | None, str], ...]) -> Markup:
        """The authors' names with the URLs of their pages: all that is shown is in the argument, so that any site can have it."""
        template = self._environments[FALLBACK_LANGUAGE].get_template("partials/byline.html")
        return Markup(template.render(authors=authors))  # noqa: S704 - the template has escaped it

    def _card(self, site: Site, own: dict[str, Any]) -> bytes:
        return self._render("partials/card.html", site, **own).encode()

    def _page(self, site: Site, own: dict[str, Any], files: Files) -> PageShell:
        page = self._render("pages/article.html", site, **own, **page_values(site, own["article"], own["shown"], files))
        title, metadata, text = page.split(_CUT, 2)
        start, to_metadata, to_text, after, closing = self._article_frame(site)
        # In one part, since one that is this small costs more to compress than its length says.
        described = title.encode() + to_metadata + metadata.encode()
        return PageShell((start, described, *to_text, text.encode(), after), closing)

    def _render_article_frame(self, site: Site) -> tuple[bytes, bytes, tuple[bytes, ...], bytes, bytes]:
        start, to_metadata, to_text, rest = self._render("pages/frame.html", site, feeds=[SITE_LISTING]).split(_CUT)
        after, _, closing = rest.rpartition(_STRIP_PLACE)
        return start.encode(), to_metadata.encode(), _in_parts(to_text), after.encode(), closing.encode()

    def withdrawn(self, site: Site, article: Article) -> PageShell:
        """What stands at a withdrawn article's place: when it was withdrawn, and nothing that it said."""
        return self._shell("pages/withdrawn.html", site, withdrawn_at=article.modified_at)

    def feeds(self, site: Site, listings: Sequence[Listing], selections: Sequence[Selection] = ()) -> PageShell:
        """The page that lists the site's feeds for people; `selections` are public."""
        groups = [(kind, [listing for listing in listings if listing.kind is kind]) for kind in ListingKind]
        chosen = [(selection.listing, FEED_TYPES if selection.profile == PLAIN else FEED_TYPES[:1]) for selection in selections]
        return self._shell("pages/feeds.html", site, groups=groups, chosen=chosen)

    def breaking_strip(self, site: Site, articles: Sequence[Article]) -> bytes:
        """The footer's fragment: the first three of `articles`, newest first; else the standing link; else nothing."""
        return self._render("partials/strip.html", site, articles=articles[:STRIP_LINKS]).encode()

    def _shell(self, template: str, site: Site, **values: object) -> PageShell:
        head, _, closing = self._render(template, site, feeds=[SITE_LISTING], **values).rpartition(_STRIP_PLACE)
        return PageShell(_in_parts(head), closing.encode())

    def _render(self, template: str, site: Site, **values: object) -> str:
        language = site.language.partition("-")[0].lower()
        environment = self._environments.get(language, self._environments[FALLBACK_LANGUAGE])
        return environment.get_template(template).render(site=site, **values)


def _in_parts(head: str) -> tuple[bytes, ...]:
    """The stylesheet, which all pages share, and what is before and after it."""
    before, style, after = head.partition(stylesheet())
    return before.encode(), style.encode(), after.encode()
