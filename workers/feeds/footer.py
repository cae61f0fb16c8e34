"""The link that a partner's footer shows: what breaks now, or the site's standing link."""

from dataclasses import dataclass

from sokbo.domain.article import Article, article_url
from sokbo.domain.site import Site
from sokbo.translations import translate
from workers.feeds.item import plain, url


@dataclass(frozen=True, slots=True)
class FooterLink:
    """`text` stands before the link, whose own words are `title`."""

    url: str
    title: str
    text: str
    breaking: bool


def footer_link(site: Site, newest: Article | None) -> FooterLink | None:
    """The newest breaking article's link; with none, the site's standing link; with neither, None."""
    if newest is not None:
        title = plain(newest.content.title) or newest.path
        return FooterLink(article_url(site, newest), title, translate("Breaking", site.language), breaking=True)
    if site.standing_link is not None:
        return FooterLink(url(site.standing_link.url), site.standing_link.url, plain(site.standing_link.text), breaking=False)
    return None
