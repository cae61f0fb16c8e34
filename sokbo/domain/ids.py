"""Identifiers: time-ordered, so that indexes grow at one end; random enough that nobody guesses a neighbour's."""

import os
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
