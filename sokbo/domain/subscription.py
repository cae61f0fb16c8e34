"""Subscriptions to the hub (W3C WebSub): whoever is sent a topic's content each time that it changes.

A subscriber is a partner that nobody registered: it asked for itself, and was asked back whether it did.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sokbo.domain.ids import IntentId, PartnerId, SiteId

#: The `channel` of subscribers, which no partner can be registered with.
CHANNEL = "websub"

DAY_SECONDS = 86_400
DEFAULT_LEASE_SECONDS = 10 * DAY_SECONDS
MIN_LEASE_SECONDS = 300
MAX_LEASE_SECONDS = 30 * DAY_SECONDS


#: What the ids of subscribers begin with: they come after all those of partners.
ID_PREFIX = "sub"
_ID = re.compile(rf"{ID_PREFIX}_[0-9a-f]{{32}}")


class Mode(StrEnum):
    """What a subscriber wants (WebSub section 5.1)."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that waits until its callback has been asked whether it is meant (WebSub section 5.3).

    `path` is the document that `topic` names; `topic` and `callback` are as they were sent. Without a secret, `secret_sealed`
    holds the empty one.
    """

    id: IntentId
    subscriber_id: PartnerId
    site_id: SiteId
    path: str
    mode: Mode
    topic: str
    callback: str
    lease_seconds: int
    secret_sealed: bytes


@dataclass(frozen=True, slots=True)
class Subscription:
    """One that is in force until `expires_at`."""

    subscriber_id: PartnerId
    site_id: SiteId
    path: str
    topic: str
    expires_at: datetime


def subscriber_id(topic: str, callback: str) -> PartnerId:
    """The id of the one subscriber of that topic with that callback (WebSub section 5.1.2)."""
    digest = sha256(topic.encode() + b"\0" + callback.encode()).hexdigest()
    return PartnerId(f"{ID_PREFIX}_{digest[:32]}")


def granted_lease(wanted_seconds: int | None) -> int:
    """For how many seconds a subscription holds: as asked for, within our bounds, or our own choice."""
    if wanted_seconds is None:
        return DEFAULT_LEASE_SECONDS
    return min(max(wanted_seconds, MIN_LEASE_SECONDS), MAX_LEASE_SECONDS)


def is_subscriber_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
