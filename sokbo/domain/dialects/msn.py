"""MSN: the Partner Hub's feed item metadata requirements and HTML guidelines."""

import re
from datetime import timedelta

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject, lacks_picture
from sokbo.domain.html import without_deleted

MIN_TITLE = 20
MAX_TITLE = 150
MAX_AGE = timedelta(days=365)
MAX_DEPTH = 9

#: The Partner Hub's HTML guidelines, «Allowed HTML tags», but for iframe. What is in another tag is sent without it, but for what
#: is deleted, which isn't sent.
TAGS = frozenset(
    {
        *("a", "b", "blockquote", "br", "div", "em", "h1", "h2", "h3", "h4", "h5", "i", "img", "li", "ol", "p", "small", "span"),
        *("strong", "sub", "sup", "ul"),
        *("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    }
)
#: A link is sent in the place of a player.
_NESTING = (TAGS - {"br", "col", "img"}) | {"audio", "video"}
#: Exact for what intake has cleaned: no «<» stands in a value, and each element but these has its end tag.
_TAG = re.compile(r"<(/?)([a-z0-9]+)")


def _short_title(subject: Subject) -> bool:
    return len(subject.content.title) < MIN_TITLE


def _long_title(subject: Subject) -> bool:
    return len(subject.content.title) > MAX_TITLE


def _old(subject: Subject) -> bool:
    return subject.now - subject.published_at >= MAX_AGE


def _deep(subject: Subject) -> bool:
    """By the tags that are sent."""
    depth = 0
    for end, name in _TAG.findall(without_deleted(subject.content.html)):
        if name in _NESTING:
            depth += -1 if end else 1
        if depth > MAX_DEPTH:
            return True
    return False


MSN = Dialect(
    "msn",
    "MSN",
    (
        Rule(
            "title_too_short",
            "title",
            f"must have at least {MIN_TITLE} characters",
            f"{MIN_TITLE}자 이상이어야 합니다",
            _short_title,
        ),
        Rule(
            "title_too_long",
            "title",
            f"must have at most {MAX_TITLE} characters",
            f"{MAX_TITLE}자 이하여야 합니다",
            _long_title,
        ),
        Rule(
            "published_too_long_ago",
            "published_at",
            f"must be less than {MAX_AGE.days} days ago",
            f"최근 {MAX_AGE.days}일 이내여야 합니다",
            _old,
        ),
        Rule(
            "nested_too_deep",
            "content",
            f"must not nest elements more than {MAX_DEPTH} deep",
            f"요소를 {MAX_DEPTH}단계보다 깊이 중첩하면 안 됩니다",
            _deep,
        ),
        Rule(
            "image_missing",
            "image",
            "should be given: articles without one are not published automatically",
            "넣는 것이 좋습니다. 없는 기사는 자동으로 발행되지 않습니다",
            lacks_picture,
            is_hard=False,
        ),
    ),
    one_language=True,
)
