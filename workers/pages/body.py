"""An article's content as its page shows it, and what the page needn't say, since the content says it already."""

import re
from collections.abc import Callable, Mapping
from html import unescape

from sokbo.domain.article import Content
from sokbo.domain.html import attributes
from sokbo.domain.picture import Size

#: In pixels, each way: up to here a picture is a sign that belongs to the words around it, as an emoji or a formula.
MAX_SIGN_PIXELS = 64

_IMAGE = re.compile(r"<img [^>]*>")
_LEADING_IMAGE = re.compile(r'\s*(?:<(?:p|div|figure|a|span|b|strong)(?: [^<>]*)?>\s*)*<img [^<>]*?\bsrc="([^"]*)"')
#: A summary whose beginning is found this near the text's was cut from it.
_SUMMARY_START_CHARACTERS = 40
_TEXT_START_CHARACTERS = 1000


def laid_out(html: str, size_of: Callable[[str], Size | None]) -> str:
    """The content's HTML with pictures that are fetched when a reader comes near them, but for one at its very beginning; with
    room for those whose size `size_of` knows by their URL, unless the publisher has given one; signs are marked as such. One that
    isn't described has nothing to be read out: else its file's name would be (WCAG 2.2, technique H67)."""
    if "<img " not in html:  # most texts have none, and this is quick
        return html
    leading = _LEADING_IMAGE.match(html)
    begins_at = leading.end() if leading else 0

    def told(tag: re.Match[str]) -> str:
        said = attributes(tag[0])
        size = None if said.keys() & {"width", "height"} else size_of(unescape(said.get("src", "")))
        room = f' width="{size.width}" height="{size.height}"' if size else ""
        sign = ' class="sign"' if _is_sign(said, size) else ""
        alt = "" if "alt" in said else ' alt=""'
        lazy = "" if tag.start() < begins_at else ' loading="lazy"'
        return f'{tag[0][:-1]}{room}{sign}{alt}{lazy} decoding="async">'

    return _IMAGE.sub(told, html)


def _is_sign(said: Mapping[str, str], size: Size | None) -> bool:
    """True if all that is known of its size, by its attributes or else by `size`, is small."""
    sides = [said[side] for side in ("width", "height") if side in said]
    if sides:
        return all(side.isdecimal() and int(side) <= MAX_SIGN_PIXELS for side in sides)
    return size is not None and max(size.width, size.height) <= MAX_SIGN_PIXELS


def begins_with_image(content: Content) -> bool:
    """True if the content opens with the article's own image."""
    found = _LEADING_IMAGE.match(content.html)
    return found is not None and content.image is not None and unescape(found[1]) == content.image.url


def standfirst(content: Content) -> str:
    """The summary, or nothing where it repeats the text's beginning."""
    beginning = content.text[:_TEXT_START_CHARACTERS].replace("\n", " ")
    return "" if content.summary[:_SUMMARY_START_CHARACTERS] in beginning else content.summary
