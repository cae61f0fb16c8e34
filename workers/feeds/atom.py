"""Atom 1.0 (RFC 4287), with archive documents (RFC 5005) and tombstones (RFC 6721)."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from sokbo.domain.article import Article, Author
from sokbo.domain.document import FragmentFormat
from sokbo.domain.feed import STYLESHEET_PATH, Listing
from sokbo.domain.site import Site
from workers.feeds import fixes
from workers.feeds.footer import FooterLink
from workers.feeds.format import KEPT_FRAMES, NO_HISTORY, PUBLIC, History, Options, Shell, hub_of
from workers.feeds.item import GENERATOR, Item, feed_id, plain, utc
from workers.feeds.words import feed_title

_TAIL = b"</feed>\n"
_PLACE = datetime(1970, 1, 1, tzinfo=UTC)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Atom:
    """Atom 1.0, with the full text or without. The site is the author of the feed, and of each entry that would have none: not
    every reader looks at the feed's (section 4.2.1)."""

    suffix = "atom"
    media_type = "application/atom+xml; charset=utf-8"

    def __init__(self, form: FragmentFormat = FragmentFormat.ATOM):
        self.format = form

    def entry(self, shown: Item) -> bytes:
        links = _links(shown)
        made = FeedEntry()
        made.id(shown.id)
        made.title(shown.title)
        made.published(shown.published)
        made.updated(shown.updated)
        made.author([_person(author) for author in shown.authors or (Author(shown.site_title),)])
        made.link([dict(link) for link in links])
        made.category([{"term": key, "label": label} for label, key in shown.labels.items()])
        if self.format is FragmentFormat.ATOM:
            made.summary(shown.summary, type="text")
            made.content(shown.html, type="html")
        elif shown.correction_note:
            made.summary(shown.brief_html, type="html")
        else:
            made.summary(shown.summary, type="text")
        element = made.atom_entry()
        fixes.restore_link_attributes(element, links)
        if shown.language:
            element.set(_LANG, shown.language)
        return fixes.entry_xml(element, {})  # it has no namespace

    def tombstone(self, article: Article) -> bytes:
        """What stands in the withdrawn article's place (RFC 6721 section 3). It declares its namespace itself, so that feeds
        without one don't."""
        when = utc(article.modified_at).isoformat()
        return f'  <at:deleted-entry xmlns:at="{fixes.TOMBSTONES}" ref="{article.urn}" when="{when}"/>'.encode()

    def shell(
        self,
        site: Site,
        listing: Listing,
        updated: datetime,
        footer: FooterLink | None = None,
        history: History = NO_HISTORY,
        options: Options = PUBLIC,
    ) -> Shell:
        frame = _frame(site, listing, history, options)
        return replace(frame, head=frame.head.replace(_updated(_PLACE), _updated(updated), 1))


@lru_cache(maxsize=KEPT_FRAMES)
def _frame(site: Site, listing: Listing, history: History, options: Options) -> Shell:
    """The shell, with a time that is to be replaced. An archive's documents bear its feed's id: they are one feed."""
    feed = FeedGenerator()
    if history.part and not history.is_open:
        feed.register_extension("archive", fixes.ArchiveMark, rss=False)
    feed.id(feed_id(site, listing))
    feed.title(plain(feed_title(site, listing)))
    feed.updated(_PLACE)
    feed.language(options.language or site.language)
    feed.generator(GENERATOR)
    feed.author(name=plain(site.title), uri=site.url())
    if description := plain(site.description):
        feed.subtitle(description)
    feed.logo(options.logo or site.logo)
    current = listing.feed_path(Atom.suffix)
    paths = {"self": history.part.archive_path(Atom.suffix), "current": current} if history.part else {"self": current}
    for rel, path in {**({} if options.hidden else paths), **history.links(Atom.suffix)}.items():
        feed.link(href=site.url(path), rel=rel, type=Atom.media_type.partition(";")[0])
    if hub := hub_of(site, options, history):
        feed.link(href=hub, rel="hub")
    feed.link(href=site.url(listing.page_path), rel="alternate", type="text/html")
    document = fixes.styled(fixes.head_as_text(feed.atom_str(pretty=True)), site.url(STYLESHEET_PATH))
    return Shell(document.removesuffix(_TAIL), b"\n", b"\n" + _TAIL)


def _updated(moment: datetime) -> bytes:
    """The element as feedgen writes it."""
    return f"<updated>{utc(moment).isoformat()}</updated>".encode()


def _links(shown: Item) -> list[dict[str, str]]:
    links = [{"href": shown.url, "rel": "alternate", "type": "text/html"}]
    if image := shown.image:
        known = {"type": image.type, "length": image.length, "title": image.title}
        links.append({"href": image.url, "rel": "enclosure"} | {name: str(value) for name, value in known.items() if value})
    if shown.canonical_url:
        # Where the article comes from (section 4.2.7.2); «canonical» is no relation that the W3C validator knows.
        links.append({"href": shown.canonical_url, "rel": "via"})
    return links


def _person(author: Author) -> dict[str, str]:
    return {"name": author.name, "uri": author.url} if author.url else {"name": author.name}
