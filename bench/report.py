"""The measurements as a table for people and as JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.measurement import Measurement

HEADINGS = ("figure", "measured", "beside it", "ratio", "bound", "")


def table(measurements: Sequence[Measurement]) -> str:
    """One line for each, in aligned columns; a bound that isn't kept is marked MISSED."""
    rows = [HEADINGS, *map(_cells, measurements)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def as_json(measurements: Sequence[Measurement], left_out: Sequence[str]) -> dict[str, Any]:
    """Everything that the table says, by name."""
    return {
        "measurements": [asdict(item) | {"ratio": item.ratio, "missed": item.is_missed} for item in measurements],
        "left_out": list(left_out),
    }


def _cells(item: Measurement) -> tuple[str, ...]:
    beside = "" if item.limit is None else f"{_number(item.limit)} {item.unit} {item.limit_name}"
    ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
    verdict = "" if not item.bound else "MISSED" if item.is_missed else "ok"
    return item.name, f"{_number(item.value)} {item.unit}", beside, ratio, item.bound, verdict


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"
