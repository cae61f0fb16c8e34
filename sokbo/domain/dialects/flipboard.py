"""Flipboard: its RSS guidelines for publishers."""

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject, lacks_picture

MIN_WIDTH = 500


def _narrow(subject: Subject) -> bool:
    width = None if subject.picture is None else subject.picture.picture.width
    return width is not None and width < MIN_WIDTH


FLIPBOARD = Dialect(
    "flipboard",
    "Flipboard",
    (
        Rule(
            "image_missing",
            "image",
            f"is required, {MIN_WIDTH} pixels wide or wider",
            f"필요합니다. 너비가 {MIN_WIDTH}픽셀 이상이어야 합니다",
            lacks_picture,
        ),
        Rule(
            "image_too_narrow",
            "image",
            f"must be at least {MIN_WIDTH} pixels wide",
            f"너비가 {MIN_WIDTH}픽셀 이상이어야 합니다",
            _narrow,
        ),
    ),
    min_entries=30,
)
