"""What a channel is given to push."""

from dataclasses import dataclass, field
from datetime import datetime

from sokbo.domain.article import Article
from sokbo.domain.event import Event
from sokbo.domain.ids import DeliveryId
from sokbo.domain.site import Site
from sokbo.storage.partners import Addressee


@dataclass(frozen=True, slots=True)
class TopicContent:
    """What a topic says now, for the hub's subscribers: `signature` names the hash that it is signed with."""

    topic: str
    hub: str
    media_type: str
    body: bytes = field(repr=False)
    signature: str


@dataclass(frozen=True, slots=True)
class PushJob:
    """One attempt of one delivery. `article` is as it is now, whatever the event's revision; a ping has neither, and what goes to
    a subscriber of the hub has `content` instead. `secrets` are opened, the newest first; `bodies` are those made of the event so
    far, by content and rel, and shared by all of its jobs."""

    delivery_id: DeliveryId
    event: Event | None
    site: Site
    article: Article | None
    addressee: Addressee
    now: datetime
    secrets: tuple[str, ...] = field(default=(), repr=False)
    content: TopicContent | None = None
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def content_bytes(self) -> int:
        return 0 if self.content is None else len(self.content.body)
