"""The benchmarks: the cheapest figure against the real system, and how bounds are judged."""

import pytest

from bench import memory, publish
from bench.measurement import Measurement, percentile
from bench.report import table


def test_memory_of_everything_that_up_starts_is_added_up() -> None:
    *each, total = memory.measure(quiet_seconds=0.0)

    assert total.value == pytest.approx(sum(item.value for item in each))
    names = " ".join(item.name for item in each)
    for part in ("sokbo up", "valkey", "service", "beat", "breaking", "default"):
        assert part in names


@pytest.mark.parametrize(
    ("measurement", "is_missed"),
    [
        (Measurement("time", 20.0, "ms", at_most=20.0), False),
        (Measurement("time", 20.1, "ms", at_most=20.0), True),
        (Measurement("rate", 600.0, "/s", at_least=600.0), False),
        (Measurement("rate", 599.0, "/s", at_least=600.0), True),
        (Measurement("rate", 60.0, "/s", limit=100.0, at_least_ratio=0.55), False),
        (Measurement("rate", 50.0, "/s", limit=100.0, at_least_ratio=0.55), True),
        (Measurement("rate", 900.0, "/s", limit=2000.0, at_least=600.0, at_least_ratio=0.5), True),
        (Measurement("rate", 1.0, "/s", limit=2000.0), False),
        (Measurement("time", 12.0, "ms", limit=10.0, at_most_ratio=1.2), False),
        (Measurement("time", 12.1, "ms", limit=10.0, at_most_ratio=1.2), True),
    ],
)
def test_each_bound_that_is_set_must_be_kept(measurement: Measurement, is_missed: bool) -> None:
    assert measurement.is_missed is is_missed
    assert ("MISSED" in table([measurement])) is is_missed


def test_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, 50) == 50.0
    assert percentile(values, 99) == 99.0
    assert percentile([7.0], 99) == 7.0


def test_publish_is_measured_in_a_site_of_any_age() -> None:
    own, own_old, everything, everything_old = publish.measure(articles=1_500, publishes=1)
    assert 0 < own.value <= everything.value
    assert 0 < own_old.value <= everything_old.value
