"""Whole feeds for the tests, made as the service makes them: shell and entries joined."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sokbo.domain.article import Article
from sokbo.domain.feed import SITE_LISTING, Listing
from sokbo.domain.lead_image import lead_image
from sokbo.domain.picture import Picture
from sokbo.domain.site import Site
from tests.unit.workers.feeds.articles import NASTY, PUBLISHED, SITE
from workers.feeds import FORMATS, NO_HISTORY, FeedFormat, FooterLink, History
from workers.feeds.item import item, utc


def feed(
    feed_format: FeedFormat,
    articles: Sequence[Article],
    *,
    site: Site = SITE,
    listing: Listing = SITE_LISTING,
    updated: datetime | None = None,
    footer: FooterLink | None = None,
    history: History = NO_HISTORY,
    tombstones: Sequence[bytes] = (),
    pictures: Sequence[Picture] = (),
) -> bytes:
    """The complete document, with what is known of these pictures; the tombstones come last. It is as new as its newest entry."""
    newest = max((utc(article.modified_at) for article in articles), default=PUBLISHED)
    shell = feed_format.shell(site, listing, updated or newest, footer, history)
    known = {picture.source: picture for picture in pictures}
    entries = [feed_format.entry(item(site, article, lead_image(site, article.content, known))) for article in articles]
    entries += tombstones
    return shell.head + shell.separator.join(entries) + shell.tail


def digest() -> str:
    """A fingerprint of every format's feed of all nasty articles."""
    documents = [feed(feed_format, list(NASTY.values())) for feed_format in FORMATS.values()]
    return hashlib.sha256(b"".join(documents)).hexdigest()
