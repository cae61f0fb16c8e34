"""SmartNews: SmartFormat, version 2.1."""

from html import escape

from sokbo.domain.dialects.dialect import Dialect, Rule, Subject, lacks_picture

MAX_FEED_BYTES = 1_000_000
#: What a single article's HTML may take of it, escaped in XML, so that the feed's head and the rest of the entry find room.
MAX_CONTENT_BYTES = 900_000


def _too_large(subject: Subject) -> bool:
    return len(escape(subject.content.html, quote=False).encode()) > MAX_CONTENT_BYTES


SMARTNEWS = Dialect(
    "smartnews",
    "SmartNews",
    (
        Rule(
            "content_too_large",
            "content",
            f"must have at most {MAX_CONTENT_BYTES:,} bytes as HTML escaped in XML: a feed may have 1 MB in all",
            f"XML로 이스케이프한 HTML이 {MAX_CONTENT_BYTES:,}바이트를 넘지 않아야 합니다. 피드 전체가 1MB까지입니다",
            _too_large,
        ),
        Rule(
            "image_missing",
            "image",
            "should be given: without one there is no thumbnail in the list",
            "넣는 것이 좋습니다. 없으면 목록에 섬네일이 나오지 않습니다",
            lacks_picture,
            is_hard=False,
        ),
    ),
    max_bytes=MAX_FEED_BYTES,
    needs_logo=True,
)
