"""The direction that text runs in, by its language or by its letters."""

import unicodedata

from sokbo.domain.article import Content
from sokbo.domain.site import Site
from workers.pages.dates import locale_of

_DIRECTIONS = {"L": False, "R": True, "AL": True}


def is_written_from_right(language: str) -> bool:
    """True for Arabic, Hebrew and the like."""
    return str(locale_of(language).text_direction) == "rtl"


def own_direction(site: Site, content: Content) -> str | None:
    """`rtl` or `ltr` where it isn't the site's: by the article's language or, if it gives none, by its title's first letter, as
    `dir="auto"` has it (HTML standard, «the dir attribute»)."""
    around = is_written_from_right(site.language)
    if content.language is not None:
        from_right = is_written_from_right(content.language)
    else:
        letters = (_DIRECTIONS.get(unicodedata.bidirectional(character)) for character in content.title)
        from_right = next((found for found in letters if found is not None), around)
    if from_right == around:
        return None
    return "rtl" if from_right else "ltr"
