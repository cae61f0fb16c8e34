"""What the workers count, to be shown by the service: a Tally collects increments, the storage adds them up."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """Names as Prometheus shows them."""

    EVENTS = "sokbo_events_syndicated_total"
    FRAGMENTS = "sokbo_fragments_rendered_total"
    DOCUMENTS = "sokbo_documents_stored_total"
    SYNDICATION_SECONDS = "sokbo_syndication_seconds"
    ATTEMPTS = "sokbo_delivery_attempts_total"
    DEAD = "sokbo_deliveries_exhausted_total"
    PICTURES = "sokbo_pictures_attempted_total"
    VERIFICATIONS = "sokbo_subscription_requests_total"
    BREAKERS = "sokbo_breaker_changes_total"
    ACKNOWLEDGED_SECONDS = "sokbo_delivery_acknowledged_seconds"


@dataclass(frozen=True, slots=True)
class Description:
    """`label` names what a counter is split by; `buckets` are a histogram's upper bounds in seconds."""

    help: str
    label: str = ""
    buckets: tuple[float, ...] = ()


_FAST = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0, 3600.0)

DESCRIPTIONS: dict[Measure, Description] = {
    Measure.EVENTS: Description("Events whose documents are stored and whose deliveries are planned, by type.", label="type"),
    Measure.FRAGMENTS: Description("Entries and cards rendered, one per article, revision and format."),
    Measure.DOCUMENTS: Description("Documents stored because they had changed."),
    Measure.SYNDICATION_SECONDS: Description("Seconds from an event's commit to its documents'.", buckets=_FAST),
    Measure.ATTEMPTS: Description("Attempts to deliver, by verdict.", label="verdict"),
    Measure.DEAD: Description("Deliveries that became dead letters."),
    Measure.PICTURES: Description("Attempts to measure a picture or to make its variants, by outcome.", label="outcome"),
    Measure.VERIFICATIONS: Description("Requests to the WebSub hub that were verified, by outcome.", label="outcome"),
    Measure.BREAKERS: Description("Breakers that opened or closed, by what they did.", label="change"),
    Measure.ACKNOWLEDGED_SECONDS: Description("Seconds from an event's commit to a partner's acknowledgement.", buckets=_SLOW),
}

#: The pseudo-labels under which a histogram keeps its sum, and what lies above its last bucket.
SUM = "sum"
ABOVE = "+Inf"


class Tally:
    """Increments that wait to be written together with what they count."""

    def __init__(self) -> None:
        self.increments: Counter[tuple[Measure, str]] = Counter()

    def count(self, measure: Measure, label: str = "", by: int = 1) -> None:
        self.increments[measure, label] += by

    def observe(self, measure: Measure, seconds: float) -> None:
        buckets = DESCRIPTIONS[measure].buckets
        place = bisect_left(buckets, seconds)
        self.increments[measure, str(buckets[place]) if place < len(buckets) else ABOVE] += 1
        self.increments[measure, SUM] += seconds  # type: ignore[assignment] # Counter adds floats as well
