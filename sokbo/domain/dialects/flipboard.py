"""Flipboard: its RSS guidelines for publishers."""

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject


def _no_image(subject: Subject) -> bool:
    return subject.content.image is None


FLIPBOARD = Dialect(
    "flipboard",
    "Flipboard",
    (
        Rule(
            "image_missing",
            "image",
            "is required, 500 pixels wide or wider",
            "필요합니다. 너비가 500픽셀 이상이어야 합니다",
            _no_image,
        ),
    ),
    min_entries=30,
)
