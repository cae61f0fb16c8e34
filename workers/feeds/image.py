"""An article's picture as every feed format shows it."""

from dataclasses import dataclass

from sokbo.domain.lead_image import LeadImage
from sokbo.domain.site import Site

THUMBNAIL_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    url: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class FeedImage:
    """`title` is what is to be seen, empty if nobody said. What isn't known is None."""

    url: str
    title: str
    type: str | None
    width: int | None
    height: int | None
    length: int | None
    thumbnail: Thumbnail

    @property
    def is_measured(self) -> bool:
        """True if a reader can be told what it would get."""
        return self.type is not None and self.length is not None


def feed_image(site: Site, shown: LeadImage, url: str, title: str) -> FeedImage:
    """The picture at that URL, which is `shown`'s made fit for feeds; its narrowest JPEG variant is its thumbnail."""
    picture = shown.picture
    thumbnail = Thumbnail(url, picture.width, picture.height)
    for variant in picture.variants:
        if variant.type == THUMBNAIL_TYPE:
            thumbnail = Thumbnail(site.media_url(variant.name), variant.width, variant.height)
            break
    return FeedImage(url, title, picture.type, picture.width, picture.height, picture.length, thumbnail)
