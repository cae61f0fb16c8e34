"""What an article's page needn't say, since its content says it already."""

import re
from html import unescape

from sokbo.domain.article import Content

_LEADING_IMAGE = re.compile(r'\s*(?:<(?:p|div|figure|a|span|b|strong)(?: [^<>]*)?>\s*)*<img [^<>]*?\bsrc="([^"]*)"')
#: A summary whose beginning is found this near the text's was cut from it.
_SUMMARY_START_CHARACTERS = 40
_TEXT_START_CHARACTERS = 1000


def begins_with_image(content: Content) -> bool:
    """True if the content opens with the article's own image."""
    found = _LEADING_IMAGE.match(content.html)
    return found is not None and content.image is not None and unescape(found[1]) == content.image.url


def standfirst(content: Content) -> str:
    """The summary, or nothing where it repeats the text's beginning."""
    beginning = content.text[:_TEXT_START_CHARACTERS].replace("\n", " ")
    return "" if content.summary[:_SUMMARY_START_CHARACTERS] in beginning else content.summary
