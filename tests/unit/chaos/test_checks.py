"""A checker that can't fail is worthless: each promise is broken once, and the check that guards it must say so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chaos.checks import complaints
from chaos.evidence import Evidence
from chaos.feeds import Entry
from chaos.partners import read_receipt
from chaos.promise import Fate
from chaos.subscribers import Content, read_content
from sokbo.net.signing import new_key
from tests.unit.chaos.worlds import event, good, receipt, with_feed, with_receipts

Spoil = Callable[[Evidence], Evidence]

PLAIN = Entry("id-plain", "plain as it broke")
CHANGED = Entry("id-changed", "changed as it stands")


def receipts(evidence: Evidence, *sequences: int) -> Evidence:
    """The first partner got these events, in this order."""
    told = {item.sequence: item for item in evidence.ledger.events}
    return with_receipts(evidence, *(receipt(told[sequence]) for sequence in sequences))


def unsigned(evidence: Evidence) -> Evidence:
    forged = read_receipt(new_key(), {"webhook-id": "evt-1", "webhook-timestamp": "0", "webhook-signature": "v1,AAAA"}, b"{}")
    return with_receipts(evidence, *evidence.mailboxes[0].receipts, forged)


def under_a_second_id(evidence: Evidence) -> Evidence:
    got = evidence.mailboxes[0].receipts
    return with_receipts(evidence, *got, replace(got[0], webhook_id="evt-other"))


def ledger(**fields: Any) -> Spoil:
    return lambda evidence: replace(evidence, ledger=replace(evidence.ledger, **fields))


def lost_from_database(evidence: Evidence) -> Evidence:
    titles = {key: title for key, title in evidence.ledger.titles.items() if key != "id-plain"}
    return ledger(titles=titles)(evidence)


def page(**fields: Any) -> Spoil:
    def spoil(evidence: Evidence) -> Evidence:
        view = evidence.views[0]
        copies = {**view.copies, "id-changed": replace(view.copies["id-changed"], **fields)}
        return replace(evidence, views=[replace(view, copies=copies)])

    return spoil


def unanswered(evidence: Evidence) -> Evidence:
    evidence.promises[0].fate = Fate.UNANSWERED
    return evidence


def two_articles_of_one_key(evidence: Evidence) -> Evidence:
    return ledger(titles={**evidence.ledger.titles, "id-twin": "plain as it broke"})(evidence)


def refused_and_written(evidence: Evidence) -> Evidence:
    return ledger(titles={**evidence.ledger.titles, "id-refused": "refused as it broke"})(evidence)


def feed(*entries: Entry, path: str = "category/desk-0.json") -> Spoil:
    return lambda evidence: with_feed(evidence, path, *entries)


def sent(*more: Content) -> Spoil:
    """The subscriber was sent these as well."""

    def spoil(evidence: Evidence) -> Evidence:
        [told] = evidence.subscriptions
        return replace(evidence, subscriptions=[replace(told, contents=[*told.contents, *more])])

    return spoil


SPOILT: dict[str, tuple[Spoil, str]] = {
    "a story without an answer": (unanswered, "answered: plain was never answered"),
    "an article lost from the database": (lost_from_database, "written_once: plain was accepted and is in the database 0 times"),
    "two articles of one key": (two_articles_of_one_key, "written_once: plain was accepted and is in the database 2 times"),
    "a refused article that is there": (refused_and_written, "written_once: refused was refused and is in the database"),
    "a page that is missing": (page(page_status=404), "readable: changed at http://service: the page answers 404"),
    "a page that is old": (page(page="changed as it broke"), "readable: changed at http://service: the page shows an older"),
    "an API that is behind": (page(revision=1), "readable: changed at http://service: the API says published at revision 1"),
    "an article lost from a feed": (feed(CHANGED), "in_feeds: plain is in http://service category/desk-0.json 0 times"),
    "an article twice in a feed": (
        feed(PLAIN, PLAIN, CHANGED),
        "in_feeds: plain is in http://service category/desk-0.json 2 times",
    ),
    "an old revision in a feed": (feed(PLAIN, Entry("id-changed", "changed as it broke")), "in_feeds: changed is in"),
    "a withdrawn article in a feed": (feed(PLAIN, CHANGED, Entry("id-gone", "gone as it broke")), "in_feeds: gone is in"),
    "a refused article in a feed": (feed(PLAIN, CHANGED, Entry("x", "refused as it broke")), "in_feeds: refused is in"),
    "an entry twice in the site's feed": (
        feed(PLAIN, PLAIN, path="feed.rss"),
        "in_feeds: http://service feed.rss has id-plain 2",
    ),
    "a torn feed": (lambda evidence: replace(evidence, torn=["feed.rss: cut off"]), "never_torn: torn feed: feed.rss"),
    "an unsigned push": (unsigned, "validly_signed: everything got a push that isn't valid: WebhookVerificationError"),
    "an event under two ids": (under_a_second_id, "validly_signed: everything got event 1 under ids"),
    "a lost event": (lambda evidence: receipts(evidence, 2, 3, 4, 5), "reached: everything never got event 1"),
    "a lost last word": (lambda evidence: receipts(evidence, 1, 2, 3, 5), "reached: everything never got event 4"),
    "an old revision after a new one": (
        lambda evidence: receipts(evidence, 1, 4, 2, 3, 5),
        "in_order: everything got revision 1",
    ),
    "duplicates": (lambda evidence: receipts(evidence, 1, 1, 2, 3, 4, 5), "seldom_twice: 16.7%"),
    "an event that waits": (
        ledger(events=[replace(good().ledger.events[0], is_done=False)]),
        "nothing_left: event 1 still waits",
    ),
    "a delivery that waits": (ledger(open_deliveries=["ptr-1"]), "nothing_left: 1 deliveries to everything still wait"),
    "a process that stays": (lambda evidence: replace(evidence, troubles=["pid 7 is still there"]), "nothing_left: pid 7"),
    "a feed with another's signature": (
        sent(read_content("feed.atom", "secret", "sha256=0", b"<feed/>")),
        "sent_whole: a subscriber of feed.atom was sent the signature 'sha256=0'",
    ),
    "an old feed after a new one": (
        sent(Content([Entry("id-changed", "changed as it broke")])),
        "sent_in_order: a subscriber of feed.atom was sent 'changed as it broke'",
    ),
    "a subscriber who was left behind": (
        sent(Content([PLAIN])),
        "sent_last: a subscriber of feed.atom was last sent another feed than http://service shows",
    ),
    "a gap in the numbers": (
        ledger(events=[*good().ledger.events, event(7, "published", "plain", 1)]),
        "counted_without_gaps: the sequence numbers have gaps or doubles: 6 events, missing [6]",
    ),
}


def test_nothing_is_complained_of_when_every_promise_was_kept() -> None:
    assert complaints(good()) == []


@pytest.mark.parametrize("name", SPOILT)
def test_broken_promise_is_complained_of(name: str) -> None:
    spoil, complaint = SPOILT[name]

    assert [said for said in complaints(spoil(good())) if said.startswith(complaint)]


def test_older_event_need_not_come_after_a_newer_one_of_the_same_article() -> None:
    assert complaints(receipts(good(), 1, 3, 4, 5)) == []


def test_news_that_has_stopped_breaking_need_not_be_told_to_have_started() -> None:
    started, ended = event(6, "", "plain", 1, breaking=True), event(7, "", "plain", 1, breaking=True)
    broke = [replace(started, type="breaking.started"), replace(ended, type="breaking.ended")]
    told = ledger(events=[*good().ledger.events, *broke])(good())

    assert complaints(receipts(told, 1, 2, 3, 4, 5, 7)) == []
    assert complaints(receipts(told, 1, 2, 3, 4, 5, 6)) == ["reached: everything never got event 7, breaking.ended of id-plain"]


def test_start_of_breaking_news_must_be_told_whatever_is_told_after_it() -> None:
    started = replace(event(6, "", "plain", 1, breaking=True), type="breaking.started")
    edited = event(7, "updated", "plain", 2, breaking=True)
    told = ledger(events=[*good().ledger.events, started, edited])(good())

    assert "reached: everything never got event 6, breaking.started of id-plain" in complaints(receipts(told, 1, 2, 3, 4, 5, 7))


def test_correction_must_be_told_whatever_update_is_told_after_it() -> None:
    corrected, edited = event(6, "corrected", "plain", 2), event(7, "updated", "plain", 3)
    told = ledger(events=[*good().ledger.events, corrected, edited])(good())

    assert "reached: everything never got event 6, article.corrected of id-plain" in complaints(receipts(told, 1, 2, 3, 4, 5, 7))


def test_repeated_push_of_an_older_revision_is_no_disorder() -> None:
    said = complaints(receipts(good(), 1, 2, 3, 4, 5, 2))

    assert [complaint for complaint in said if complaint.startswith("in_order")] == []
