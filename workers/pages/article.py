"""What the templates show of an article: its card and its page, or its page alone."""

from datetime import datetime
from typing import Any

from sokbo.domain.article import Article, article_url
from sokbo.domain.feed import Listing, ListingKind, terms
from sokbo.domain.lead_image import LeadImage
from sokbo.domain.picture import Files, Size
from sokbo.domain.site import Site
from workers.pages.body import laid_out, standfirst
from workers.pages.breaking import is_marked
from workers.pages.dates import shown_as_modified, time_element
from workers.pages.direction import own_direction
from workers.pages.metadata import canonical_url, news_article


def article_values(site: Site, article: Article, shown: LeadImage | None, now: datetime) -> dict[str, Any]:
    """What both show. Terms are the URLs of their pages with their labels; an author whose name has no letters has no page.
    `foreign` and `direction` are its language and how that runs, where they aren't the site's. A badge marks
    what is breaking, unless its title does."""
    content = article.content
    listings = terms(content)
    author_pages = {label: url for url, label in _links(site, listings, ListingKind.AUTHOR)}
    return {
        "article": article,
        "content": content,
        "url": article_url(site, article),
        "foreign": content.language if content.language != site.language else None,
        "direction": own_direction(site, content),
        "badge": article.is_breaking(now) and not is_marked(content.title),
        "shown": shown,
        "categories": _links(site, listings, ListingKind.CATEGORY),
        "tags": _links(site, listings, ListingKind.TAG),
        "authors": [(author_pages.get(author.name), author.name) for author in content.authors],
        "published": time_element(article.published_at, site) if article.published_at else "",
    }


def page_values(site: Site, article: Article, shown: LeadImage | None, files: Files) -> dict[str, Any]:
    """What its page shows besides; `files` are those of the site's that its text names."""
    modified = shown_as_modified(article.published_at, article.modified_at)
    return {
        "canonical": canonical_url(site, article),
        "news_article": news_article(site, article, shown),
        "standfirst": standfirst(article.content),
        "text": laid_out(article.content.html, lambda url: _size_of(url, site, shown, files)),
        "modified": time_element(article.modified_at, site) if modified else "",
    }


def _size_of(url: str, site: Site, shown: LeadImage | None, files: Files) -> Size | None:
    """The size of the picture at that URL, if it is the one that stands for the article or an upload of the site's."""
    if shown is not None and url == shown.url:
        return shown.picture.size
    name = url.rpartition("/")[2]
    return files[name] if name in files and url == site.media_url(name) else None


def _links(site: Site, listings: list[Listing], kind: ListingKind) -> list[tuple[str, str]]:
    return [(site.url(listing.path), listing.label) for listing in listings if listing.kind is kind]
