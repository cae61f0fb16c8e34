"""JSON Feed 1.1 (jsonfeed.org/version/1.1), with what is ours alone under `_sokbo`."""

from datetime import datetime
from typing import Any

import orjson

from sokbo.domain.article import Author
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import Listing
from sokbo.domain.site import Site
from workers.feeds.footer import FooterLink
from workers.feeds.format import NO_HISTORY, PUBLIC, History, Options, Shell, hub_of
from workers.feeds.image import FeedImage
from workers.feeds.item import Item, plain
from workers.feeds.words import feed_title


class JsonFeed:
    """JSON Feed 1.1, with the full text or without; the one format that carries the footer link. What is not known is left
    out, never null."""

    suffix = "json"
    media_type = "application/feed+json; charset=utf-8"

    def __init__(self, form: FragmentFormat = FragmentFormat.JSON):
        self.format = form

    def entry(self, shown: Item) -> bytes:
        in_full = self.format is FragmentFormat.JSON
        # Not external_url, which is what an article talks about: readers would send people away from it.
        ours = {
            "number": shown.number,
            "revision": shown.revision,
            "categories": shown.categories,
            "correction_note": shown.correction_note,
            "breaking_until": shown.breaking_until,
            "canonical_url": shown.canonical_url,
        }
        return _dumps(
            {
                "id": shown.id,
                "url": shown.url,
                "title": shown.title,
                "content_html": shown.html if in_full else None,
                "content_text": shown.text if in_full else shown.brief_text,  # one of the two is required
                "summary": shown.summary,
                "image": shown.image.url if shown.image else None,
                "date_published": shown.published,
                "date_modified": shown.updated,
                "authors": [_person(author) for author in shown.authors],
                "tags": list(shown.labels),
                "attachments": [_attachment(shown.image)] if shown.image and shown.image.type else [],
                "language": shown.language,
                "_sokbo": _known(ours),
            }
        )

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        """JSON Feed has no date of its own, so `updated` changes nothing. Its pages are the archive's documents."""
        hub = hub_of(site, options, history)
        own = history.part.archive_path(self.suffix) if history.part else listing.feed_path(self.suffix)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": plain(feed_title(site, listing)),
            "home_page_url": site.url(listing.page_path),
            "feed_url": None if options.hidden else site.url(own),
            "next_url": site.url(history.previous.archive_path(self.suffix)) if history.previous else None,
            "hubs": [{"type": "WebSub", "url": hub}] if hub else None,
            "description": plain(site.description),
            "icon": options.logo or site.logo,
            "language": options.language or site.language,
            "authors": [{"name": plain(site.title), "url": site.url()}],
            "_sokbo": {"link": _link(footer)} if footer else None,
        }
        return Shell(_dumps(feed).removesuffix(b"}") + b',"items":[\n', b",\n", b"\n]}\n")


def _dumps(fields: dict[str, Any]) -> bytes:
    return orjson.dumps(_known(fields), option=orjson.OPT_UTC_Z)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], ())}


def _attachment(image: FeedImage) -> dict[str, Any]:
    return _known({"url": image.url, "mime_type": image.type, "title": image.title, "size_in_bytes": image.length})


def _person(author: Author) -> dict[str, str]:
    return {"name": author.name, "url": author.url} if author.url else {"name": author.name}


def _link(footer: FooterLink) -> dict[str, Any]:
    return {"url": footer.url, "title": footer.title, "text": footer.text, "rel": "noopener", "breaking": footer.breaking}
