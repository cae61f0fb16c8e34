"""What a run measured, as lines for people."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from chaos.checks import duplicate_share, healthy
from chaos.evidence import Evidence
from chaos.promise import Edition, Fate
from chaos.saboteur import Done


def lines(evidence: Evidence, done: Sequence[Done]) -> Iterator[str]:
    """The figures, one a line."""
    fates = Counter(promise.fate for promise in evidence.promises)
    shown = [edition for promise in evidence.promises for edition in promise.editions]
    yield f"stories: {', '.join(f'{fates[fate]} {fate}' for fate in Fate)}; {len(shown)} editions"
    kinds = Counter(item.kind for item in done)
    yield f"faults: {', '.join(f'{kind} {number}' for kind, number in sorted(kinds.items())) or 'none'}"
    pushes = sum(len(mailbox.receipts) for mailbox in healthy(evidence))
    yield f"pushes to healthy partners: {pushes}, duplicates {duplicate_share(evidence):.2%}"
    others = [mailbox for mailbox in evidence.mailboxes if not mailbox.character.is_healthy]
    yield f"pushes to others: {', '.join(f'{box.character.name} {len(box.receipts)}' for box in others)}"
    steady = [each for each in evidence.subscriptions if not each.is_flaky]
    yield f"feeds sent to steady subscribers: {', '.join(f'{each.path} {len(each.contents)}' for each in steady)}"
    in_feed, at_partner = _waits(evidence)
    yield f"seconds from 201 to feed: {_spread(in_feed)}; to the partner: {_spread(at_partner)}"
    for kind, seconds in sorted(_recoveries(evidence, done).items()):
        _, target = max(seconds)
        yield f"seconds until all is out again after '{kind}': {_spread([item for item, _ in seconds])} ({target})"


def _waits(evidence: Evidence) -> tuple[list[float], list[float]]:
    seen = [edition.seen_at - edition.since for edition in _editions(evidence) if edition.seen_at is not None]
    arrivals = _arrivals(evidence)
    got = [arrivals[key] - edition.since for key, edition in _keyed(evidence) if key in arrivals]
    return [max(0.0, wait) for wait in seen], [max(0.0, wait) for wait in got]


def _editions(evidence: Evidence) -> list[Edition]:
    return [edition for promise in evidence.promises for edition in promise.editions]


def _keyed(evidence: Evidence) -> list[tuple[tuple[str, float], Edition]]:
    return [((promise.article_id, edition.revision), edition) for promise in evidence.promises for edition in promise.editions]


def _arrivals(evidence: Evidence) -> dict[tuple[str, float], float]:
    """When the first healthy partner, who wants everything, first had each edition."""
    arrivals: dict[tuple[str, float], float] = {}
    for receipt in healthy(evidence)[0].receipts:
        arrivals.setdefault((receipt.article_id, receipt.revision), receipt.at)
    return arrivals


def _recoveries(evidence: Evidence, done: Sequence[Done]) -> dict[str, list[tuple[float, str]]]:
    """By kind, how long after the end of each fault all that was accepted before had arrived at the partner, and its target."""
    arrivals = _arrivals(evidence)
    known = [(edition.since, arrivals[key]) for key, edition in _keyed(evidence) if key in arrivals]
    recoveries = defaultdict(list)
    for item in done:
        late = [arrived - item.ended_at for since, arrived in known if since <= item.ended_at]
        recoveries[str(item.kind)].append((max([0.0, *late]), item.target))
    return recoveries


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2]:.2f}, max {ordered[-1]:.2f}"
