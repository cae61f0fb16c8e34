"""What a benchmark says: one number, the limit measured beside it in the same run, and the bound that it must keep."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


class LeftOut(Exception):
    """A comparison can't be made on this machine; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """`limit` is what `limit_name` reached in the same run, in the same unit. A bound that is None isn't set."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    at_most: float | None = None
    at_least: float | None = None
    at_least_ratio: float | None = None
    at_most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the limit; None without one."""
        return None if self.limit is None else self.value / self.limit

    @property
    def is_missed(self) -> bool:
        """True if one of the bounds isn't kept."""
        return (
            (self.at_most is not None and self.value > self.at_most)
            or (self.at_least is not None and self.value < self.at_least)
            or (self.at_least_ratio is not None and (self.ratio is None or self.ratio < self.at_least_ratio))
            or (self.at_most_ratio is not None and (self.ratio is None or self.ratio > self.at_most_ratio))
        )

    @property
    def bound(self) -> str:
        """The bounds as text; "" if there are none."""
        bounds = (
            ("<=", self.at_most, self.unit),
            (">=", self.at_least, self.unit),
            ("ratio >=", self.at_least_ratio, ""),
            ("ratio <=", self.at_most_ratio, ""),
        )
        return ", ".join(f"{sign} {value:g} {unit}".rstrip() for sign, value, unit in bounds if value is not None)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of them don't exceed (nearest rank)."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
