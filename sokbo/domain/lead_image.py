"""The picture that stands for an article, what its publisher said or its text shows first; and where its text finds ours."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from html import unescape

from sokbo.domain.article import Article, ArticleState, Content, Image
from sokbo.domain.html import attributes
from sokbo.domain.picture import FILE_NAME, Picture, PictureState, digest_of
from sokbo.domain.site import MEDIA_PATH, Site

#: In pixels, each way. What is smaller in a text may be a sign or a counter, and stands for nothing.
MIN_PIXELS = 200

_OURS = re.compile(rf"https?://[^?#]*/{MEDIA_PATH}/({FILE_NAME.pattern})")
#: A tag that names something below such a path: no «<» or «>» stands in a value.
_MEDIA_TAG = re.compile(rf"<[a-z][^<>]*/{MEDIA_PATH}/[^<>]*>")
_NAMED = re.compile(rf'"https?://[^"?#]*/{MEDIA_PATH}/({FILE_NAME.pattern})"')
_IMAGE = re.compile(r"<img [^>]*>")


@dataclass(frozen=True, slots=True)
class LeadImage:
    """`url` is absolute. `chosen`: its publisher said so."""

    url: str
    alt: str
    picture: Picture
    chosen: bool


def source_of(url: str) -> str:
    """What names the picture at that URL: the digest that ours have in theirs, on whatever host; else the URL."""
    ours = _OURS.fullmatch(url)
    return digest_of(ours[1]) if ours else url


def sources(articles: Iterable[Article]) -> set[str]:
    """What names the pictures that may stand for these articles."""
    images = (_image(article.content) for article in articles if article.state is not ArticleState.WITHDRAWN)
    return {source_of(image.url) for image in images if image is not None}


def named_files(articles: Iterable[Article]) -> set[str]:
    """The names of files, of ours or not, that these articles' texts and images name as ours are named."""
    named: set[str] = set()
    for article in articles:
        content = article.content
        if f"/{MEDIA_PATH}/" in content.html:  # few texts have it, and this is quick
            named.update(name for tag in _MEDIA_TAG.findall(content.html) for name in _NAMED.findall(tag))
        if content.image is not None and _OURS.fullmatch(content.image.url):
            named.add(_file_of(content.image.url))
    return named


def with_current_media_urls(site: Site, content: Content, files: Collection[str]) -> Content:
    """The content with those of the site's files that its text names, and its image if that is one, where the site is now."""
    if not files:
        return content

    def moved(tag: re.Match[str]) -> str:
        return _NAMED.sub(lambda named: f'"{site.media_url(named[1])}"' if named[1] in files else named[0], tag[0])

    html = _MEDIA_TAG.sub(moved, content.html) if f"/{MEDIA_PATH}/" in content.html else content.html
    image = content.image
    if image is not None and _OURS.fullmatch(image.url) and _file_of(image.url) in files:
        image = replace(image, url=site.media_url(_file_of(image.url)))
    return replace(content, html=html, image=image)


def lead_image(site: Site, content: Content, known: Mapping[str, Picture]) -> LeadImage | None:
    """The article's picture as it is shown, in feeds and on pages: as `named_picture`, but for one that is known to be dead."""
    named = named_picture(site, content, known)
    return None if named is None or named.picture.is_dead else named


def named_picture(site: Site, content: Content, known: Mapping[str, Picture]) -> LeadImage | None:
    """The article's picture as far as it is known; the content is `with_current_media_urls`. One from the text counts only when
    it is known to be large enough. What another site has uploaded is shown there, where we serve it, and has no variants here."""
    image = _image(content)
    if image is None:
        return None
    picture = known.get(source_of(image.url), Picture(image.url))
    if content.image is None and not _is_large(picture):
        return None
    if picture.is_ours and image.url != site.media_url(picture.name):
        picture = replace(picture, variants=())
    return LeadImage(image.url, image.alt, picture, chosen=content.image is not None)


def awaited(content: Content, known: Mapping[str, Picture]) -> str | None:
    """What names the article's picture if there is more to come of it: another's that nobody has measured, ours without its
    variants."""
    image = _image(content)
    if image is None:
        return None
    source = source_of(image.url)
    picture = known.get(source)
    if picture is None:
        return None if source != image.url else source  # a digest that nobody has uploaded
    return source if picture.state is PictureState.WAITING else None


def _file_of(url: str) -> str:
    return url.rpartition("/")[2]


def _image(content: Content) -> Image | None:
    """The chosen image, or the first in the text, which is in nh3's one canonical form."""
    if content.image is not None:
        return content.image
    found = _IMAGE.search(content.html) if "<img " in content.html else None  # most texts have none, and this is quick
    said = attributes(found[0]) if found else {}
    return Image(unescape(said["src"]), unescape(said.get("alt", ""))) if "src" in said else None


def _is_large(picture: Picture) -> bool:
    return min(picture.width or 0, picture.height or 0) >= MIN_PIXELS
