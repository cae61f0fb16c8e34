"""What the publisher has to tell in a run: stories of every kind, drawn from the seed."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

#: Articles of one category; fewer than a feed holds, so that each category's feed shows them all.
STORIES_PER_DESK = 40
MAX_TWINS = 5


class Kind(StrEnum):
    """`FLASH` is breaking news that ends during the run; `INVALID` breaks a rule and must be refused."""

    PLAIN = "plain"
    BREAKING = "breaking"
    FLASH = "flash"
    UPDATED = "updated"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    SCHEDULED = "scheduled"
    INVALID = "invalid"


_WEIGHTS = {
    Kind.PLAIN: 40,
    Kind.BREAKING: 12,
    Kind.FLASH: 3,
    Kind.UPDATED: 15,
    Kind.CORRECTED: 10,
    Kind.WITHDRAWN: 10,
    Kind.SCHEDULED: 8,
    Kind.INVALID: 2,
}


@dataclass(frozen=True, slots=True)
class Story:
    """`token` is in every title of it and of no other. `at_seconds` counts from the run's beginning; `later_seconds` is how long
    after its acceptance the publisher changes it, or how far ahead its hour lies. `twins` requests post it at once."""

    token: str
    kind: Kind
    desk: str
    at_seconds: float
    later_seconds: float
    twins: int
    gives_up: bool

    @property
    def first_title(self) -> str:
        return f"{self.token} as it broke"

    @property
    def second_title(self) -> str:
        return f"{self.token} as it stands"

    def body(self, now: datetime) -> dict[str, Any]:
        """The article's JSON."""
        body: dict[str, Any] = {
            "title": self.first_title,
            "markdown": f"What is known of *{self.token}* so far.",
            "categories": [self.desk],
        }
        later = (now + timedelta(seconds=self.later_seconds)).isoformat()
        match self.kind:
            case Kind.BREAKING:
                body |= {"breaking": True}
            case Kind.FLASH:
                body |= {"breaking": True, "breaking_until": later}
            case Kind.SCHEDULED:
                body |= {"published_at": later}
            case Kind.INVALID:
                body |= {"headline": "no such field"}
        return body

    def patch(self) -> dict[str, Any]:
        """What changes it, as a merge patch."""
        words = {"title": self.second_title}
        return words | {"correction_note": "A name was wrong."} if self.kind is Kind.CORRECTED else words


def draw(seed: int, number: int, seconds: float) -> list[Story]:
    """That many stories, spread evenly over the time."""
    rng = random.Random(seed)
    kinds = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=number)
    return [
        Story(
            token=f"story-{seed}-{index:05d}",
            kind=kind,
            desk=f"desk-{index // STORIES_PER_DESK}",
            at_seconds=seconds * index / number,
            later_seconds=rng.uniform(1.0, 3.0) if kind in {Kind.SCHEDULED, Kind.FLASH} else rng.uniform(0.0, 2.0),
            twins=rng.randint(2, MAX_TWINS) if rng.random() < 0.1 else 1,
            gives_up=rng.random() < 0.3,
        )
        for index, kind in enumerate(kinds)
    ]


def utc_now() -> datetime:
    return datetime.now(UTC)
