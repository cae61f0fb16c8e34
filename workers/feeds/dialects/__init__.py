"""Partners' dialects of RSS, one per file. Their rules are in sokbo.domain.dialects: the service checks by them, too."""

from workers.feeds.dialects.apple_news import AppleNews
from workers.feeds.dialects.flipboard import Flipboard
from workers.feeds.dialects.msn import Msn
from workers.feeds.dialects.smartnews import SmartNews
from workers.feeds.format import FeedFormat

__all__ = ["DIALECT_FORMATS"]

_ALL: tuple[FeedFormat, ...] = (SmartNews(), Flipboard(), Msn(), AppleNews())

#: By the profile's name, which is the fragment format's value.
DIALECT_FORMATS: dict[str, FeedFormat] = {feed_format.format.value: feed_format for feed_format in _ALL}
