"""What a page says of an article to search engines and to those who share it."""

from sokbo.domain.article import Article, Author, article_url
from sokbo.domain.lead_image import LeadImage
from sokbo.domain.site import Site


def canonical_url(site: Site, article: Article) -> str:
    """Where the article says that it lives: the publisher's own choice, or its page here."""
    return article.content.canonical_url or article_url(site, article)


def news_article(site: Site, article: Article, shown: LeadImage | None) -> dict[str, object]:
    """The article as schema.org's NewsArticle, without what isn't known of it."""
    content = article.content
    known: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": canonical_url(site, article),
        "headline": content.title,
        "description": content.summary,
        "inLanguage": content.language or site.language,
        "datePublished": article.published_at and article.published_at.isoformat(timespec="seconds"),
        "dateModified": article.modified_at.isoformat(timespec="seconds"),
        "author": [_person(author) for author in content.authors],
        "publisher": _publisher(site),
        "image": shown and _image(shown),
        "articleSection": content.categories,
        "keywords": content.tags,
        "correction": content.correction_note,
    }
    return {name: value for name, value in known.items() if value}


def _image(shown: LeadImage) -> object:
    if shown.picture.width is None:
        return shown.url
    return {"@type": "ImageObject", "url": shown.url, "width": shown.picture.width, "height": shown.picture.height}


def _publisher(site: Site) -> dict[str, str]:
    publisher = {"@type": "NewsMediaOrganization", "name": site.title, "url": site.url()}
    return {**publisher, "logo": site.logo} if site.logo else publisher


def _person(author: Author) -> dict[str, str]:
    person = {"@type": "Person", "name": author.name}
    return {**person, "url": author.url} if author.url else person
