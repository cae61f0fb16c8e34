"""What the templates show of an article: its card and its page, or its page alone."""

from datetime import datetime
from typing import Any

from sokbo.domain.article import Article, article_url
from sokbo.domain.feed import Listing, ListingKind, terms
from sokbo.domain.illustration import Illustration
from sokbo.domain.site import Site
from workers.pages.body import standfirst
from workers.pages.dates import shown_as_modified, time_element
from workers.pages.metadata import canonical_url, news_article


def article_values(site: Site, article: Article, shown: Illustration | None, now: datetime) -> dict[str, Any]:
    """What both show. Terms are the URLs of their pages with their labels; an author whose name has no letters has no page.
    `foreign` is the language, where it isn't the site's."""
    content = article.content
    listings = terms(content)
    author_pages = {label: url for url, label in _links(site, listings, ListingKind.AUTHOR)}
    return {
        "article": article,
        "content": content,
        "url": article_url(site, article),
        "foreign": content.language if content.language != site.language else None,
        "breaking": article.is_breaking(now),
        "shown": shown,
        "categories": _links(site, listings, ListingKind.CATEGORY),
        "tags": _links(site, listings, ListingKind.TAG),
        "authors": [(author_pages.get(author.name), author.name) for author in content.authors],
        "published": time_element(article.published_at, site) if article.published_at else "",
    }


def page_values(site: Site, article: Article, shown: Illustration | None) -> dict[str, Any]:
    """What its page shows besides."""
    modified = shown_as_modified(article.published_at, article.modified_at)
    return {
        "canonical": canonical_url(site, article),
        "news_article": news_article(site, article, shown),
        "standfirst": standfirst(article.content),
        "modified": time_element(article.modified_at, site) if modified else "",
    }


def _links(site: Site, listings: list[Listing], kind: ListingKind) -> list[tuple[str, str]]:
    return [(site.url(listing.path), listing.label) for listing in listings if listing.kind is kind]
