"""Apple News: the RSS guidelines of News Publisher."""

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject

ADVISED_TITLE = 60


def _long_title(subject: Subject) -> bool:
    return len(subject.content.title) > ADVISED_TITLE


APPLE_NEWS = Dialect(
    "apple-news",
    "Apple News",
    (
        Rule(
            "title_too_long",
            "title",
            f"should have at most {ADVISED_TITLE} characters",
            f"{ADVISED_TITLE}자를 넘지 않는 것이 좋습니다",
            _long_title,
            is_hard=False,
        ),
    ),
    one_language=True,
    needs_region=True,
)
