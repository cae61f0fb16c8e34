"""Evidence of a run in which every promise was kept, to be spoilt by one test each."""

from dataclasses import replace

from chaos.evidence import Evidence, Mailbox, Subscription
from chaos.feeds import FORMATS, Entry
from chaos.ledger import Event, Ledger
from chaos.partners import Character, Manner, Receipt
from chaos.promise import WITHDRAWN, Edition, Fate, Promise
from chaos.reader import Copy, View
from chaos.story import Kind, Story
from chaos.subscribers import Content

EVERYTHING = Character("everything")
DESK = "desk-0"


def story(token: str, kind: Kind) -> Story:
    return Story(token, kind, DESK, at_seconds=0.0, later_seconds=1.0, twins=1, gives_up=False)


def promise(token: str, kind: Kind, *revisions: float) -> Promise:
    told = story(token, kind)
    titles = {1: told.first_title, 2: told.second_title, WITHDRAWN: told.first_title}
    editions = [Edition(revision, titles[revision], since=10.0, seen_at=10.5) for revision in revisions]
    return Promise(told, Fate.ACCEPTED if editions else Fate.REFUSED, f"id-{token}" if editions else "", "/page", editions)


def event(sequence: int, kind: str, token: str, revision: float, *, breaking: bool = False) -> Event:
    return Event(f"evt-{sequence}", sequence, f"article.{kind}", f"id-{token}", revision, breaking, is_done=True)


def receipt(told: Event) -> Receipt:
    revision = WITHDRAWN if told.type == "article.withdrawn" else told.revision
    return Receipt(10.0 + told.sequence, told.id, told.type, told.sequence, told.article_id, revision)


def good() -> Evidence:
    """Four stories: one that stands, one that was changed, one that was withdrawn, one that was refused."""
    promises = [
        promise("plain", Kind.PLAIN, 1),
        promise("changed", Kind.UPDATED, 1, 2),
        promise("gone", Kind.WITHDRAWN, 1, WITHDRAWN),
        promise("refused", Kind.PLAIN),
    ]
    events = [
        event(1, "published", "plain", 1),
        event(2, "published", "changed", 1),
        event(3, "published", "gone", 1),
        event(4, "updated", "changed", 2),
        event(5, "withdrawn", "gone", 2),
    ]
    entries = [Entry("id-plain", "plain as it broke"), Entry("id-changed", "changed as it stands")]
    feeds = {f"{name}.{suffix}": entries for name in ("feed", f"category/{DESK}") for suffix in FORMATS}
    copies = {
        "id-plain": Copy(200, "published", 1, 200, "plain as it broke"),
        "id-changed": Copy(200, "published", 2, 200, "changed as it stands"),
        "id-gone": Copy(200, "withdrawn", 2, 410, "withdrawn"),
    }
    titles = {item.article_id: item.story.first_title for item in promises if item.article_id}
    mailboxes = [
        Mailbox("ptr-1", EVERYTHING, [receipt(item) for item in events]),
        Mailbox("ptr-2", Character("down", Manner.DOWN), []),
    ]
    ledger = Ledger(events, titles, ["ptr-2"])
    earlier = Content([Entry("id-changed", "changed as it broke")])
    subscriptions = [Subscription("feed.atom", is_flaky=False, contents=[earlier, Content(entries)])]
    return Evidence(promises, [View("http://service", feeds, copies)], mailboxes, ledger, subscriptions)


def with_receipts(evidence: Evidence, *receipts: Receipt) -> Evidence:
    """The same, but these are what the first partner got."""
    first, *others = evidence.mailboxes
    return replace(evidence, mailboxes=[replace(first, receipts=receipts), *others])


def with_feed(evidence: Evidence, path: str, *entries: Entry) -> Evidence:
    """The same, but for one feed."""
    view = evidence.views[0]
    return replace(evidence, views=[replace(view, feeds={**view.feeds, path: entries})])
