"""Every member of the registry in one form: a name, how a document of some articles is made, and the rules that it keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from sokbo.domain.archive import ArchivedArticle, Part, month_of
from sokbo.domain.article import Article
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, terms
from tests.unit.workers.feeds.articles import SITE
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.schemas import index_complaints, news_complaints, opml_complaints, sitemap_complaints
from tests.unit.workers.feeds.w3c import archive_complaints, atom_complaints, rss_complaints
from workers.feeds import ARCHIVE, ATOM, FORMATS, LISTS, NEWS_SITEMAP, OPML, SITEMAP, SITEMAP_INDEX, FeedFormat, History, Linked

PART = Part("2026-03", 2)
HISTORY = History(PART, previous=Part("2026-03", 1), following=Part("2026-04", 1))


@dataclass(frozen=True, slots=True)
class Member:
    """`is_feed`: feed readers read it. `complaints` are what is wrong with a document of its kind."""

    media_type: str
    document: Callable[[Sequence[Article]], bytes]
    complaints: Callable[[bytes], list[str]]
    is_feed: bool = False


def archive(form: FeedFormat, articles: Sequence[Article]) -> bytes:
    """An archive document; the last of the articles is shown as withdrawn, or not at all."""
    *shown, last = articles
    return feed(form, shown, history=HISTORY, tombstones=[ATOM.tombstone(last)] if form is ATOM else [])


def archived(article: Article) -> ArchivedArticle:
    published_at = article.published_at or article.created_at
    content = article.content
    return ArchivedArticle(article.number, article.slug, content.title, content.language, published_at, article.modified_at)


def _listings(articles: Sequence[Article]) -> list[Listing]:
    known = {(item.kind, item.key): item for article in articles for item in terms(article.content)}
    return [SITE_LISTING, BREAKING_LISTING, *sorted(known.values())]


def _json_complaints(document: bytes) -> list[str]:
    parsed = orjson.loads(document)
    found = [] if parsed["version"] == "https://jsonfeed.org/version/1.1" else ["not JSON Feed 1.1"]
    return found + (["leads to itself"] if parsed["feed_url"] == parsed.get("next_url") else [])


_FEED_RULES = {
    FragmentFormat.RSS: rss_complaints,
    FragmentFormat.ATOM: atom_complaints,
    FragmentFormat.JSON: _json_complaints,
}


def _of(form: FeedFormat) -> Member:
    return Member(form.media_type, lambda articles: feed(form, articles), _FEED_RULES[form.format], is_feed=True)


def _archive_of(form: FeedFormat) -> Member:
    rules = archive_complaints if form is ATOM else _FEED_RULES[form.format]
    return Member(form.media_type, lambda articles: archive(form, articles), rules, is_feed=True)


MEMBERS = {
    **{f"feed.{form.suffix}": _of(form) for form in FORMATS.values()},
    **{PART.archive_path(form.suffix): _archive_of(form) for form in ARCHIVE},
    "feeds.opml": Member(OPML.media_type, lambda articles: OPML.document(SITE, _listings(articles)), opml_complaints),
    "sitemap-2026-03.xml": Member(
        SITEMAP.media_type,
        lambda articles: SITEMAP.document(SITE, [Linked(item.path, item.modified_at) for item in articles]),
        sitemap_complaints,
    ),
    "sitemap.xml": Member(
        SITEMAP_INDEX.media_type,
        lambda articles: SITEMAP_INDEX.document(
            SITE,
            [
                Linked("sitemap-pages.xml"),
                *(
                    Linked(Part(month_of(item.modified_at), number).sitemap_path, item.modified_at)
                    for number, item in enumerate(articles, start=1)
                ),
            ],
        ),
        index_complaints,
    ),
    "news-sitemap.xml": Member(
        NEWS_SITEMAP.media_type, lambda articles: NEWS_SITEMAP.document(SITE, map(archived, articles)), news_complaints
    ),
}

#: So that none is forgotten when one is added.
assert len(MEMBERS) == len(FORMATS) + len(ARCHIVE) + len(LISTS)
