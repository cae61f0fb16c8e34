"""The mark of breaking news that editors write into titles, beside which ours would say the same again."""

import re

_MARK = re.compile(r"[\[(<【〈]\s*(?:속보|breaking(?: news)?)\s*[\])>】〉]\s*", re.IGNORECASE)


def is_marked(title: str) -> bool:
    """True if the title begins with such a mark."""
    return _MARK.match(title) is not None


def without_mark(title: str) -> str:
    """The title without it, but for one that says nothing else."""
    return _MARK.sub("", title, count=1) or title if is_marked(title) else title
