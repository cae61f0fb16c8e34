"""MSN: the Partner Hub's feed item metadata requirements and HTML guidelines."""

from datetime import timedelta
from html.parser import HTMLParser

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject

MIN_TITLE = 20
MAX_TITLE = 150
MAX_AGE = timedelta(days=365)
MAX_DEPTH = 9

_VOID = frozenset({"br", "col", "hr", "img", "source", "track", "wbr"})


class _Depth(HTMLParser):
    """`deepest` is how many elements lie in each other. For HTML that was cleaned: each element has its end tag."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._depth += 1
            self.deepest = max(self.deepest, self._depth)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._depth -= 1


def _short_title(subject: Subject) -> bool:
    return len(subject.content.title) < MIN_TITLE


def _long_title(subject: Subject) -> bool:
    return len(subject.content.title) > MAX_TITLE


def _old(subject: Subject) -> bool:
    return subject.now - subject.published_at >= MAX_AGE


def _deep(subject: Subject) -> bool:
    parser = _Depth()
    parser.feed(subject.content.html)
    return parser.deepest > MAX_DEPTH


def _no_image(subject: Subject) -> bool:
    return subject.content.image is None


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
            f"지난 {MAX_AGE.days}일 안이어야 합니다",
            _old,
        ),
        Rule(
            "nested_too_deep",
            "content",
            f"should not nest elements more than {MAX_DEPTH} deep",
            f"요소를 {MAX_DEPTH}단계보다 깊이 겹치지 않는 것이 좋습니다",
            _deep,
            is_hard=False,
        ),
        Rule(
            "image_missing",
            "image",
            "should be given: articles without one are not published automatically",
            "넣는 것이 좋습니다. 없는 기사는 자동으로 발행되지 않습니다",
            _no_image,
            is_hard=False,
        ),
    ),
    one_language=True,
)
