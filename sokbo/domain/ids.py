"""Identifiers: time-ordered, so that indexes grow at one end; random enough that nobody guesses a neighbour's."""

import os
import re
import time
from typing import NewType
from uuid import UUID

SiteId = NewType("SiteId", int)
ArticleId = NewType("ArticleId", str)
EventId = NewType("EventId", str)
PartnerId = NewType("PartnerId", str)
DeliveryId = NewType("DeliveryId", str)
KeyId = NewType("KeyId", str)
MediaId = NewType("MediaId", str)
IntentId = NewType("IntentId", str)

_OF_PARTNER = r"ptr_[0-9a-z]{26}"
#: A registered partner's, and a delivery's: what it tells of, and to whom, a partner or a subscriber of the hub.
PARTNER_ID = re.compile(_OF_PARTNER)
DELIVERY_ID = re.compile(rf"[a-z]{{3}}_[0-9a-z]{{26}}-(?:{_OF_PARTNER}|sub_[0-9a-f]{{32}})")
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def new_uuid() -> str:
    """A UUID of version 7 as 36 characters (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=value))


def new_id(prefix: str) -> str:
    """`prefix_` and 26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return f"{prefix}_{''.join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))}"


def delivery_id(cause: str, partner_id: PartnerId) -> DeliveryId:
    """The id of the delivery that tells the partner of an event, a change of a topic, or a test."""
    return DeliveryId(f"{cause}-{partner_id}")
