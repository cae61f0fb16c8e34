"""An article as its own input fields, and changes to it by JSON merge patch (RFC 7396)."""

from datetime import datetime
from typing import Any

from service.ingest import markup
from service.ingest.drafting import draft
from service.ingest.excerpt import summarise
from service.ingest.fields import Fields
from sokbo.domain.article import Article, ArticleState, Draft
from sokbo.domain.site import Site
from sokbo.fields import merge_patch

#: A field that is given takes the place of those that say the same in another way, or that belonged to its old value.
REPLACES = {
    "content": ("markdown",),
    "markdown": ("content",),
    "author": ("authors",),
    "authors": ("author",),
    "breaking": ("breaking_until",),
}


def representation(article: Article) -> dict[str, Any]:
    """The article as JSON input fields, each of them there; posting it again would make the same article.

    So words about HTML are written as HTML, in which fields of text are read.
    """
    content = article.content
    escaped = markup.escaped
    return {
        "title": escaped(content.title),
        "content": content.html,
        "summary": escaped(content.summary),
        "slug": article.slug,
        "categories": list(map(escaped, content.categories)),
        "tags": list(map(escaped, content.tags)),
        "authors": [{"name": escaped(author.name), "url": author.url, "email": author.email} for author in content.authors],
        "image": {"url": content.image.url, "alt": escaped(content.image.alt)} if content.image else None,
        "language": content.language,
        "published_at": _written(article.published_at),
        "breaking": article.breaking_until is not None,
        "breaking_until": _written(article.breaking_until),
        "canonical_url": content.canonical_url,
        "external_id": article.external_id,
        "related": list(content.related),
        "correction_note": escaped(content.correction_note) if content.correction_note else None,
        "extra": content.extra,
        "draft": article.state is ArticleState.DRAFT,
    }


def merge(article: Article, patch: dict[str, Any], site: Site) -> Draft:
    """The article as `patch` changes it.

    A summary that was made from the old text is made anew, and so is the end of breaking time that follows from the publication,
    until that has been. Raises Invalid with every broken rule.
    """
    target = {name: value for name, value in representation(article).items() if value not in (None, "")}
    if article.content.summary == summarise(article.content.html):
        target.pop("summary", None)
    if article.state is not ArticleState.PUBLISHED and article.ends_breaking_by_default:
        target.pop("breaking_until", None)
    for name, replaced in REPLACES.items():
        if name in patch:
            for other in replaced:
                target.pop(other, None)
    return draft(Fields(merge_patch(target, patch)), site)


def _written(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
