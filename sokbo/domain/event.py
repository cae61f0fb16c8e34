"""What happened to an article, in the order in which it happened within its site."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sokbo.domain.ids import ArticleId, EventId, SiteId


class EventType(StrEnum):
    ARTICLE_PUBLISHED = "article.published"
    ARTICLE_UPDATED = "article.updated"
    ARTICLE_CORRECTED = "article.corrected"
    ARTICLE_WITHDRAWN = "article.withdrawn"
    BREAKING_STARTED = "breaking.started"
    BREAKING_ENDED = "breaking.ended"


class Lane(StrEnum):
    """The two queues. Breaking news never waits behind anything else."""

    BREAKING = "breaking"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Event:
    """`sequence` counts within the site, from 1, without gaps. `breaking`: the article was breaking when it happened."""

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
