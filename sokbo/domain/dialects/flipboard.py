"""Flipboard: its RSS guidelines for publishers."""

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject, lacks_picture
from sokbo.domain.picture import PictureState

MIN_WIDTH = 500


def _narrow(subject: Subject) -> bool:
    width = None if subject.picture is None else subject.picture.picture.width
    return width is not None and width < MIN_WIDTH


def _immeasurable(subject: Subject) -> bool:
    """True if its width isn't known, and won't be."""
    picture = None if subject.picture is None else subject.picture.picture
    return picture is not None and picture.width is None and picture.state is not PictureState.WAITING


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
        Rule(
            "image_immeasurable",
            "image",
            "must be one that can be fetched, and whose width can be told",
            "가져올 수 있고 너비를 알 수 있는 이미지여야 합니다",
            _immeasurable,
        ),
    ),
    min_entries=30,
)
