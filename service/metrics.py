"""What /metrics shows: this process's requests, the workers' tallies, and how old what waits is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from sokbo.domain.event import Lane
from sokbo.domain.tally import ABOVE, DESCRIPTIONS, SUM, Measure

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows: tallies, and for each lane, and for assemblies, how many wait and the oldest one's age in
    seconds."""

    tallies: Mapping[Measure, Mapping[str, float]]
    events: Mapping[Lane, tuple[int, float]]
    deliveries: Mapping[Lane, tuple[int, float]]
    assemblies: tuple[int, float]
    dead: int
    open_breakers: int
    pictures: int
    subscriptions: int


class Metrics:
    """One process's own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "sokbo_articles_accepted", "Changes to articles accepted, by action.", ["action"], registry=self.registry
        )
        self.uploads = Counter("sokbo_media_uploaded", "Images uploaded, those included that were there.", registry=self.registry)
        self.requests = Histogram(
            "sokbo_http_request_seconds",
            "Seconds to answer a request that the response cache did not, by method and status.",
            ["method", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.nudges_failed = Counter("sokbo_nudges_failed", "Nudges that the broker did not take.", registry=self.registry)
        self.announcements = Counter(
            "sokbo_announcements_heard", "Announcements of changed documents heard.", registry=self.registry
        )

    def show_counter(self, name: str, description: str, count: Callable[[], int]) -> None:
        """Adds a counter that something else keeps."""
        self.registry.register(_Kept(name, description, count))

    def render(self, stored: Stored | None) -> bytes:
        """All of it in Prometheus's text format; without the database's part if that is None."""
        page: bytes = generate_latest(self.registry)
        if stored is not None:
            page += generate_latest(_Collected(list(_families(stored))))
        return page


@dataclass(frozen=True, slots=True)
class _Kept:
    name: str
    description: str
    count: Callable[[], int]

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily(self.name, self.description, value=self.count())


@dataclass(frozen=True, slots=True)
class _Collected:
    families: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


def _families(stored: Stored) -> Iterable[Metric]:
    for measure, values in stored.tallies.items():
        yield _histogram(measure, values) if DESCRIPTIONS[measure].buckets else _counter(measure, values)
    for name, what, waiting in (("events", "Events", stored.events), ("deliveries", "Due deliveries", stored.deliveries)):
        count = GaugeMetricFamily(f"sokbo_{name}_waiting", f"{what} that wait, by lane.", labels=["lane"])
        age = GaugeMetricFamily(
            f"sokbo_{name}_oldest_seconds", "How long the oldest of them has waited, by lane.", labels=["lane"]
        )
        for lane, (number, seconds) in waiting.items():
            count.add_metric([lane], number)
            age.add_metric([lane], seconds)
        yield from (count, age)
    count_waiting, oldest_seconds = stored.assemblies
    yield GaugeMetricFamily("sokbo_assemblies_waiting", "Groups of documents that are to be assembled.", count_waiting)
    yield GaugeMetricFamily("sokbo_assemblies_oldest_seconds", "How long the oldest of them has been due.", oldest_seconds)
    yield GaugeMetricFamily("sokbo_deliveries_dead", "Dead letters: deliveries given up, which can be replayed.", stored.dead)
    yield GaugeMetricFamily("sokbo_pictures_waiting", "Images that wait to be measured or resized.", stored.pictures)
    yield GaugeMetricFamily("sokbo_subscriptions", "Subscriptions of the WebSub hub's.", stored.subscriptions)
    yield GaugeMetricFamily("sokbo_breakers_open", "Active partners who take no pushes.", stored.open_breakers)


def _counter(measure: Measure, values: Mapping[str, float]) -> Metric:
    described = DESCRIPTIONS[measure]
    family = CounterMetricFamily(
        measure.removesuffix("_total"), described.help, labels=[described.label] if described.label else []
    )
    for label, value in sorted(values.items()):
        family.add_metric([label] if described.label else [], value)
    return family


def _histogram(measure: Measure, values: Mapping[str, float]) -> Metric:
    described = DESCRIPTIONS[measure]
    family = HistogramMetricFamily(measure, described.help)
    buckets, total = [], 0.0
    for bound in [*map(str, described.buckets), ABOVE]:
        total += values.get(bound, 0.0)
        buckets.append((bound, total))
    family.add_metric([], buckets, values.get(SUM, 0.0))
    return family
