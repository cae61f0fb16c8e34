"""Input fields -> Draft: the one way in for all formats."""

from service.ingest.excerpt import summarise, text_of
from service.ingest.fields import ArticleFields, AuthorFields, Fields, validate
from sokbo.domain.article import Author, Content, Draft, Image
from sokbo.domain.site import Site


def draft(fields: Fields, site: Site) -> Draft:
    """What the publisher handed over, cleaned. Raises Invalid with every broken rule."""
    given = validate(fields, site.base_url)
    return Draft(
        content=_content(given),
        slug=given.slug,
        external_id=given.external_id,
        published_at=given.published_at,
        draft=given.draft,
        breaking=given.breaking,
        breaking_until=given.breaking_until,
    )


def _content(given: ArticleFields) -> Content:
    html = given.content or given.markdown or ""
    authors = [given.author] if given.author else given.authors
    return Content(
        title=given.title,
        html=html,
        text=text_of(html),
        summary=given.summary or summarise(html),
        categories=tuple(dict.fromkeys(given.categories)),
        tags=tuple(dict.fromkeys(given.tags)),
        authors=tuple(dict.fromkeys(map(_author, authors))),
        image=Image(given.image.url, given.image.alt) if given.image else None,
        language=given.language,
        canonical_url=given.canonical_url,
        related=tuple(dict.fromkeys(given.related)),
        correction_note=given.correction_note,
        extra=given.extra,
    )


def _author(given: AuthorFields) -> Author:
    return Author(given.name, given.url, given.email)
