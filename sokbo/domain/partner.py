"""A partner: a site that subscribes to ours, how it is reached, and what it wants to hear."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sokbo.domain.breaker import Breaker
from sokbo.domain.event import EventType
from sokbo.domain.ids import PartnerId, SiteId

#: What a partner's `channel` may say; the workers have a module for each.
CHANNELS = ("webhook",)


#: The `rel` of the links that a partner gets, if it has asked for no other.
DEFAULT_REL = "noopener"


class PartnerState(StrEnum):
    """`DELETED` is shown to nobody and never left again; the record of what was sent still names the partner."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class ContentProfile(StrEnum):
    """How much of an article a push carries."""

    LINK = "link"
    SUMMARY = "summary"
    FULL = "full"


class Signature(StrEnum):
    """How pushes are signed, by its name in Standard Webhooks 1.0: with a secret that both know, or with an ed25519 key of which
    the partner has the public half alone."""

    V1 = "v1"
    V1A = "v1a"


#: What a partner hears that asks for breaking news only and names no events: `article.published` would say again what
#: `breaking.started` says.
BREAKING_ONLY_EVENTS = tuple(event for event in EventType if event is not EventType.ARTICLE_PUBLISHED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty means everything; values of one kind are alternatives, the kinds must all hold. Terms are slugs."""

    events: tuple[EventType, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    breaking_only: bool = False

    @property
    def effective_events(self) -> tuple[EventType, ...]:
        """The events that pass, spelled out; empty for all."""
        return self.events or (BREAKING_ONLY_EVENTS if self.breaking_only else ())


@dataclass(frozen=True, slots=True)
class Partner:
    id: PartnerId
    site_id: SiteId
    name: str
    channel: str
    url: str
    created_at: datetime
    filter: Filter = field(default_factory=Filter)
    content: ContentProfile = ContentProfile.SUMMARY
    rel: str = DEFAULT_REL
    signature: Signature = Signature.V1
    state: PartnerState = PartnerState.ACTIVE
    disabled_reason: str | None = None
    breaker: Breaker = field(default_factory=Breaker)
