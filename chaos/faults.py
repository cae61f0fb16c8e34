"""What is done to the system, and when: a schedule drawn from the seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chaos.clock import HOURS_OFF

FIRST_AFTER_SECONDS = 1.0
EVERY_SECONDS = (1.0, 3.0)
FREEZE_SECONDS = (1.0, 10.0)
LOCK_SECONDS = (1.0, 8.0)
FULL_SECONDS = (1.0, 5.0)
READ_ONLY_SECONDS = (1.0, 5.0)
BROKER_DOWN_SECONDS = (1.0, 6.0)
CLOCK_SECONDS = (1.0, 8.0)


class FaultKind(StrEnum):
    """KILL_*: kill -9 of a part's processes all together, of the first alone, of one of its children alone."""

    KILL_GROUP = "kill the group"
    KILL_PARENT = "kill the parent"
    KILL_CHILD = "kill a child"
    FREEZE = "freeze"
    FLUSH = "flush the broker"
    LOCK = "lock the database"
    FULL = "fill the disk"
    READ_ONLY = "make the database read-only"
    BROKER_DOWN = "keep the broker down"
    CLOCK = "set the clock off"


_WEIGHTS = {
    FaultKind.KILL_GROUP: 18,
    FaultKind.KILL_PARENT: 21,
    FaultKind.KILL_CHILD: 12,
    FaultKind.FREEZE: 18,
    FaultKind.FLUSH: 7,
    FaultKind.LOCK: 6,
    FaultKind.FULL: 5,
    FaultKind.READ_ONLY: 4,
    FaultKind.BROKER_DOWN: 4,
    FaultKind.CLOCK: 5,
}
_LASTS = {
    FaultKind.FREEZE: FREEZE_SECONDS,
    FaultKind.LOCK: LOCK_SECONDS,
    FaultKind.FULL: FULL_SECONDS,
    FaultKind.READ_ONLY: READ_ONLY_SECONDS,
    FaultKind.BROKER_DOWN: BROKER_DOWN_SECONDS,
    FaultKind.CLOCK: CLOCK_SECONDS,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`target` is a part's name where the kind is done to one part; `hours_off` is for the clock. Seconds count from the run's
    beginning."""

    at_seconds: float
    kind: FaultKind
    target: str
    lasts_seconds: float
    hours_off: float


def draw(rng: random.Random, seconds: float, targets: Sequence[str], kinds: Sequence[FaultKind]) -> list[Fault]:
    """Faults one to three seconds apart, over the time given; those that last overlap with the next ones."""
    faults = []
    at = FIRST_AFTER_SECONDS
    while at < seconds:
        kind = rng.choices(kinds, [_WEIGHTS[kind] for kind in kinds])[0]
        lasts = rng.uniform(*_LASTS[kind]) if kind in _LASTS else 0.0
        faults.append(Fault(at, kind, rng.choice(targets), lasts, rng.choice(HOURS_OFF)))
        at += rng.uniform(*EVERY_SECONDS)
    return faults
