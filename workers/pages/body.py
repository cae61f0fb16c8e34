"""An article's text on its page: what the page already says is not said twice."""

import re
from html import unescape

from markupsafe import Markup

from sokbo.domain.article import Content

#: Values must begin with a word character, so that no match begins within another tag's attribute and ends outside it: there a
#: quote closes, and a space or the tag's end follows.
_EMPTY_PARAGRAPH = re.compile(r'<p(?: [a-z-]+="\w[^"<>]*")*>(?:\s|&nbsp;|<br ?/?>)*</p>\s*')
_LEADING_IMAGE = re.compile(r'\s*(?:<(?:p|div|figure|a|span|b|strong)(?: [^<>]*)?>\s*)*<img [^<>]*?\bsrc="([^"]*)"')
#: A summary that shares this many characters with the text's beginning was cut from it.
_SAME_START_CHARACTERS = 40


def page_body(content: Content) -> Markup:
    """The content without empty paragraphs: editors space with them, and here the stylesheet does."""
    return Markup(_EMPTY_PARAGRAPH.sub("", content.html))  # noqa: S704 - cleaned at intake


def begins_with_image(content: Content) -> bool:
    """True if the content opens with the article's own image."""
    found = _LEADING_IMAGE.match(_EMPTY_PARAGRAPH.sub("", content.html))
    return found is not None and content.image is not None and unescape(found[1]) == content.image.url


def standfirst(content: Content) -> str:
    """The summary, or nothing where it is but the text's beginning."""
    return "" if _start(content.text) == _start(content.summary) else content.summary


def _start(text: str) -> str:
    return " ".join(text.split())[:_SAME_START_CHARACTERS]
