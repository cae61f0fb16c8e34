"""The promises, each as a function from the evidence to complaints; none means that it was kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from chaos.evidence import Evidence, Mailbox
from chaos.feeds import FORMATS, Entry
from chaos.promise import Fate, Promise
from chaos.story import Kind

Check = Callable[[Evidence], Iterator[str]]


def answered(evidence: Evidence) -> Iterator[str]:
    """Every request was answered in the end, and no answer contradicts another."""
    for promise in evidence.promises:
        if promise.fate is Fate.UNANSWERED:
            yield f"{promise.story.token} was never answered"
        if promise.is_accepted and promise.story.kind is Kind.INVALID:
            yield f"{promise.story.token} is invalid and was accepted"
        yield from (f"{promise.story.token}: {contradiction}" for contradiction in promise.contradictions)


def written_once(evidence: Evidence) -> Iterator[str]:
    """What was accepted is in the database exactly once, what was refused not at all."""
    written = Counter(title.partition(" ")[0] for title in evidence.ledger.titles.values())
    for promise in evidence.promises:
        times, token = written[promise.story.token], promise.story.token
        if promise.is_accepted and times != 1:
            yield f"{token} was accepted and is in the database {times} times"
        if promise.fate is Fate.REFUSED and times:
            yield f"{token} was refused and is in the database"
        if promise.article_id and promise.article_id not in evidence.ledger.titles:
            yield f"{token} was answered as {promise.article_id}, which is not in the database"


def readable(evidence: Evidence) -> Iterator[str]:
    """What was accepted is what the API and the page say, in its newest revision; 410 when it is withdrawn."""
    for view in evidence.views:
        for promise in evidence.promises:
            if not promise.is_accepted:
                continue
            copy, where = view.copies.get(promise.article_id), f"{promise.story.token} at {view.url}"
            if copy is None or copy.api_status != 200:
                yield f"{where}: the API answers {copy and copy.api_status}"
                continue
            state, revision = ("withdrawn", 2) if promise.is_withdrawn else ("published", promise.newest.revision)
            if (copy.state, copy.revision) != (state, revision):
                yield f"{where}: the API says {copy.state} at revision {copy.revision}, not {state} at {revision:g}"
            if copy.page_status != (410 if promise.is_withdrawn else 200):
                yield f"{where}: the page answers {copy.page_status}"
            elif promise.is_shown and promise.newest.title not in copy.page:
                yield f"{where}: the page shows an older revision"


def in_feeds(evidence: Evidence) -> Iterator[str]:
    """Each article is in its category's feeds exactly once, in its newest revision; those that break in the breaking feeds."""
    for view in evidence.views:
        for suffix in FORMATS:
            for desk in sorted({promise.story.desk for promise in evidence.promises}):
                ours = [promise for promise in evidence.promises if promise.story.desk == desk]
                path = f"category/{desk}.{suffix}"
                yield from _listed(f"{view.url} {path}", view.feeds.get(path, ()), ours, lambda promise: promise.is_shown)
            path = f"breaking.{suffix}"
            entries = view.feeds.get(path, ())
            yield from _listed(f"{view.url} {path}", entries, evidence.promises, lambda promise: promise.is_breaking)
            for id_, times in Counter(entry.id for entry in view.feeds.get(f"feed.{suffix}", ())).items():
                if times > 1:
                    yield f"{view.url} feed.{suffix} has {id_} {times} times"


def _listed(
    where: str, entries: Sequence[Entry], promises: Iterable[Promise], belongs: Callable[[Promise], bool]
) -> Iterator[str]:
    titles = defaultdict(list)
    for entry in entries:
        titles[entry.title.partition(" ")[0]].append(entry.title)
    for promise in promises:
        listed, token = titles.get(promise.story.token, []), promise.story.token
        if not belongs(promise):
            if listed and promise.fate is not Fate.UNANSWERED:
                yield f"{token} is in {where}, where it must not be"
        elif listed != [promise.newest.title]:
            yield f"{token} is in {where} {len(listed)} times: {listed}"


def never_torn(evidence: Evidence) -> Iterator[str]:
    """No feed was ever seen that didn't parse."""
    yield from (f"torn feed: {torn}" for torn in evidence.torn)


def validly_signed(evidence: Evidence) -> Iterator[str]:
    """Each push is signed, is a POST to the partner's URL, and has an id that is its event's and no other's."""
    for mailbox in evidence.mailboxes:
        name = mailbox.character.name
        ids, sequences = defaultdict(set), defaultdict(set)
        for receipt in mailbox.receipts:
            if receipt.flaw:
                yield f"{name} got a push that isn't valid: {receipt.flaw}"
                continue
            ids[receipt.sequence].add(receipt.webhook_id)
            sequences[receipt.webhook_id].add(receipt.sequence)
        yield from (f"{name} got event {number} under ids {sorted(found)}" for number, found in ids.items() if len(found) > 1)
        yield from (f"{name} got id {id_} for events {sorted(found)}" for id_, found in sequences.items() if len(found) > 1)
        yield from (f"{name} got {stray}" for stray in mailbox.strays)


_CHANGES = ("article.updated", "article.corrected", "article.withdrawn")
_TURNS = ("breaking.started", "breaking.ended", "article.withdrawn")
#: Which newer event a partner may have got instead.
STANDS_IN = {
    "article.published": _CHANGES,
    "article.updated": _CHANGES,
    "article.corrected": ("article.corrected", "article.withdrawn"),
    "article.withdrawn": (),
    "breaking.started": _TURNS,
    "breaking.ended": _TURNS,
}


def reached(evidence: Evidence) -> Iterator[str]:
    """Each healthy partner got each event that it wants, or a newer one of the same article that may stand in for it."""
    promises = {promise.article_id: promise for promise in evidence.promises if promise.article_id}
    for mailbox in healthy(evidence):
        newest: dict[str, float] = defaultdict(float)
        for receipt in mailbox.receipts:
            newest[receipt.article_id] = max(newest[receipt.article_id], receipt.revision)
        got = {receipt.sequence for receipt in mailbox.receipts}
        told: dict[tuple[str, str], int] = defaultdict(int)
        for receipt in mailbox.receipts:
            key = (receipt.article_id, receipt.type)
            told[key] = max(told[key], receipt.sequence)
        for event in evidence.ledger.events:
            promise = promises.get(event.article_id)
            desk = promise.story.desk if promise else ""
            if not mailbox.character.wants(event.type, breaking=event.breaking, desk=desk) or event.sequence in got:
                continue
            if not any(told[event.article_id, type_] > event.sequence for type_ in STANDS_IN[event.type]):
                yield f"{mailbox.character.name} never got event {event.sequence}, {event.type} of {event.article_id}"
        yield from _last_words(mailbox, newest, evidence.promises)


def _last_words(mailbox: Mailbox, newest: dict[str, float], promises: Iterable[Promise]) -> Iterator[str]:
    """The same seen from the answers alone, should an event itself be missing."""
    for promise in promises:
        wanted = mailbox.character.wants("breaking.started", breaking=promise.is_breaking, desk=promise.story.desk)
        if promise.is_accepted and wanted and newest[promise.article_id] < promise.newest.revision:
            yield f"{mailbox.character.name} never heard of {promise.story.token} at revision {promise.newest.revision:g}"


def in_order(evidence: Evidence) -> Iterator[str]:
    """No partner got an older revision of an article for the first time after a newer one."""
    for mailbox in evidence.mailboxes:
        newest: dict[str, float] = defaultdict(float)
        seen = set()
        for receipt in mailbox.receipts:
            if receipt.flaw or receipt.webhook_id in seen:
                continue
            seen.add(receipt.webhook_id)
            if receipt.revision < newest[receipt.article_id]:
                yield f"{mailbox.character.name} got revision {receipt.revision:g} of {receipt.article_id} after a newer one"
            newest[receipt.article_id] = max(newest[receipt.article_id], receipt.revision)


def sent_whole(evidence: Evidence) -> Iterator[str]:
    """What subscribers were sent is signed with their secrets, and a feed."""
    for subscription in evidence.subscriptions:
        for content in subscription.contents:
            if content.flaw:
                yield f"a subscriber of {subscription.path} was sent {content.flaw}"


def sent_in_order(evidence: Evidence) -> Iterator[str]:
    """No subscriber was sent an older edition of an article after a newer one."""
    revisions = {edition.title: edition.revision for promise in evidence.promises for edition in promise.editions}
    for subscription in evidence.subscriptions:
        newest: dict[str, float] = defaultdict(float)
        for content in subscription.contents:
            for entry in content.entries:
                revision = revisions.get(entry.title, 0.0)
                if 0.0 < revision < newest[entry.id]:
                    yield f"a subscriber of {subscription.path} was sent {entry.title!r} after a newer edition"
                newest[entry.id] = max(newest[entry.id], revision)


def sent_last(evidence: Evidence) -> Iterator[str]:
    """What each steady subscriber was sent last is what the feed says."""
    for subscription in evidence.subscriptions:
        if subscription.is_flaky:
            continue
        last = [(entry.id, entry.title) for entry in subscription.contents[-1].entries] if subscription.contents else []
        for view in evidence.views:
            if last != [(entry.id, entry.title) for entry in view.feeds.get(subscription.path, ())]:
                yield f"a subscriber of {subscription.path} was last sent another feed than {view.url} shows"


def seldom_twice(evidence: Evidence) -> Iterator[str]:
    """Few of the pushes to healthy partners are ones that they had."""
    share = duplicate_share(evidence)
    if share >= evidence.most_duplicates:
        yield f"{share:.1%} of the pushes to healthy partners were duplicates"


def counted_without_gaps(evidence: Evidence) -> Iterator[str]:
    """Sequence numbers are 1..n."""
    sequences = [event.sequence for event in evidence.ledger.events]
    if sequences != list(range(1, len(sequences) + 1)):
        missing = set(range(1, max(sequences) + 1)) - set(sequences)
        yield f"the sequence numbers have gaps or doubles: {len(sequences)} events, missing {sorted(missing)}"


def nothing_left(evidence: Evidence) -> Iterator[str]:
    """No event waits, no delivery to a healthy partner, and nothing went wrong in the end."""
    for event in evidence.ledger.events:
        if not event.is_done:
            yield f"event {event.sequence} still waits"
    for mailbox in healthy(evidence):
        if waiting := evidence.ledger.open_deliveries.count(mailbox.partner_id):
            yield f"{waiting} deliveries to {mailbox.character.name} still wait"
    yield from evidence.troubles


#: What may still come true when there is more time.
ATTAINABLE: Sequence[Check] = (readable, in_feeds, reached, sent_last, nothing_left)
#: What no time mends.
FINAL: Sequence[Check] = (
    answered,
    written_once,
    never_torn,
    validly_signed,
    in_order,
    sent_whole,
    sent_in_order,
    seldom_twice,
    counted_without_gaps,
)


def complaints(evidence: Evidence, checks: Sequence[Check] = (*FINAL, *ATTAINABLE)) -> list[str]:
    """All that was not kept, each with the name of its check."""
    return [f"{check.__name__}: {complaint}" for check in checks for complaint in check(evidence)]


def healthy(evidence: Evidence) -> list[Mailbox]:
    return [mailbox for mailbox in evidence.mailboxes if mailbox.character.is_healthy]


def duplicate_share(evidence: Evidence) -> float:
    """Of all pushes to healthy partners, the part that they had before."""
    total = sum(len(mailbox.receipts) for mailbox in healthy(evidence))
    distinct = sum(len({receipt.webhook_id for receipt in mailbox.receipts}) for mailbox in healthy(evidence))
    return (total - distinct) / total if total else 0.0
