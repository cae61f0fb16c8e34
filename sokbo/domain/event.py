"""What happened to an article, in the order in which it happened within its site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from sokbo.domain.ids import ArticleId, EventId, SiteId


class EventType(StrEnum):
    ARTICLE_PUBLISHED = "article.published"
    ARTICLE_UPDATED = "article.updated"
    ARTICLE_CORRECTED = "article.corrected"
    ARTICLE_WITHDRAWN = "article.withdrawn"
    BREAKING_STARTED = "breaking.started"
    BREAKING_ENDED = "breaking.ended"


#: Which newer events of its article take the place of one that a partner hasn't taken yet. A start is made up for by nothing
#: but the end, and a correction by no mere update.
REPLACED_BY: Mapping[EventType, tuple[EventType, ...]] = MappingProxyType(
    {
        EventType.ARTICLE_PUBLISHED: (EventType.ARTICLE_UPDATED, EventType.ARTICLE_CORRECTED, EventType.ARTICLE_WITHDRAWN),
        EventType.ARTICLE_UPDATED: (EventType.ARTICLE_UPDATED, EventType.ARTICLE_CORRECTED, EventType.ARTICLE_WITHDRAWN),
        EventType.ARTICLE_CORRECTED: (EventType.ARTICLE_CORRECTED, EventType.ARTICLE_WITHDRAWN),
        EventType.ARTICLE_WITHDRAWN: (),
        EventType.BREAKING_STARTED: (EventType.BREAKING_STARTED, EventType.BREAKING_ENDED, EventType.ARTICLE_WITHDRAWN),
        EventType.BREAKING_ENDED: (EventType.BREAKING_STARTED, EventType.BREAKING_ENDED, EventType.ARTICLE_WITHDRAWN),
    }
)


class Lane(StrEnum):
    """The two queues. Breaking news never waits behind anything else."""

    BREAKING = "breaking"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Event:
    """`sequence` counts within the site, from 1; only a restore leaves numbers out. `breaking`: the article was breaking when it
    happened."""

    id: EventId
    site_id: SiteId
    sequence: int
    type: EventType
    article_id: ArticleId
    revision: int
    breaking: bool
    created_at: datetime
    request_id: str

    @property
    def lane(self) -> Lane:
        return Lane.BREAKING if self.breaking else Lane.DEFAULT
