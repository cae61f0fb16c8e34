from dataclasses import replace
from datetime import timedelta
from threading import Thread

from sokbo.domain.breaker import FAILURES_TO_OPEN
from sokbo.domain.delivery import TOPIC_CHANGED, Delivery, DeliveryState
from sokbo.domain.document import Document, Piece
from sokbo.domain.event import Lane
from sokbo.domain.ids import IntentId, PartnerId, new_id
from sokbo.domain.subscription import Intent, Mode, subscriber_id
from sokbo.storage import Database
from sokbo.storage.delivery_leasing import PARTNERS, SUBSCRIBERS_ALONE
from tests.clock import Clock
from tests.integration.storage.test_deliveries import LEASE_SECONDS, lease, record
from tests.newsroom import SEALER, Newsroom

PATH = "feed.atom"
LEASE = 600


def store(newsroom: Newsroom, text: str, path: str = PATH) -> int:
    """Stores a document that says the text; how many deliveries that led to."""
    with newsroom.database.write() as uow:
        version = uow.sites.advance_version(newsroom.site.id).number
        made = Document(newsroom.site.id, path, "text/plain", text, uow.now, Piece(text.encode(), b""), version=version)
        uow.documents.store([made])
        planned = uow.subscriptions.plan(newsroom.site.id, [path], uow.now)
        uow.commit()
    return planned


def intent(newsroom: Newsroom, callback: str = "http://a.example/", path: str = PATH, mode: Mode = Mode.SUBSCRIBE) -> Intent:
    topic = newsroom.site.url(path)
    subscriber = subscriber_id(topic, callback)
    sealed = SEALER.seal("", subscriber)
    return Intent(IntentId(new_id("int")), subscriber, newsroom.site.id, path, mode, topic, callback, LEASE, sealed)


def subscribe(newsroom: Newsroom, *callbacks: str, path: str = PATH, lease_seconds: int = LEASE) -> list[PartnerId]:
    wanted = [replace(intent(newsroom, callback, path), lease_seconds=lease_seconds) for callback in callbacks]
    with newsroom.database.write() as uow:
        for each in wanted:
            uow.subscriptions.subscribe(each, uow.now)
        uow.commit()
    return [each.subscriber_id for each in wanted]


def states(newsroom: Newsroom) -> list[DeliveryState]:
    with newsroom.database.read() as uow:
        return [item.state for item in uow.delivery_records.page(newsroom.site.id, None, "", "", 100)]


def test_each_subscriber_of_what_has_changed_is_planned_one_delivery(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    subscribers = subscribe(newsroom, "http://a.example/", "http://b.example/")
    subscribe(newsroom, "http://c.example/", path="feed.rss")
    assert store(newsroom, "one") == 0
    assert store(newsroom, "two") == 2
    assert store(newsroom, "two") == 0
    leased = lease(newsroom.database)
    assert {item.partner_id for item in leased} == set(subscribers)
    assert {(item.type, item.event_id, item.article_id) for item in leased} == {(TOPIC_CHANGED, None, None)}


def test_subscription_waits_for_who_is_just_storing_so_that_it_misses_nothing(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    with newsroom.database.write() as uow:
        version = uow.sites.advance_version(newsroom.site.id).number
        said = Document(newsroom.site.id, PATH, "text/plain", "two", uow.now, Piece(b"two", b""), version=version)
        uow.documents.store([said])
        subscribing = Thread(target=subscribe, args=(newsroom, "http://a.example/"))
        subscribing.start()
        subscribing.join(0.2)
        assert subscribing.is_alive()
        uow.commit()
    subscribing.join()
    with newsroom.database.write() as uow:
        assert uow.subscriptions.plan(newsroom.site.id, [PATH], uow.now) == 0


def test_another_sites_document_at_the_same_path_is_another_topic(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    subscribe(newsroom, "http://a.example/")
    other = Newsroom.open(newsroom.database)
    assert store(other, "two") == 0
    assert store(newsroom, "two") == 1


def test_breaking_topics_have_the_breaking_lane(newsroom: Newsroom) -> None:
    store(newsroom, "one", "breaking.rss")
    subscribe(newsroom, "http://a.example/", path="breaking.rss")
    store(newsroom, "two", "breaking.rss")
    assert len(lease(newsroom.database, lane=Lane.BREAKING)) == 1


def test_partners_and_subscribers_are_strangers(newsroom: Newsroom) -> None:
    """No event is planned for a subscriber, nobody finds one among the partners, and to it nothing of the site is told."""
    [subscriber] = subscribe(newsroom, "http://a.example/")
    newsroom.post(breaking=True)
    assert set(newsroom.plan()) == {0}
    with newsroom.database.read() as uow:
        assert uow.partners.page(newsroom.site.id, "", 10) == []
        assert uow.partners.get(newsroom.site.id, subscriber) is None
        assert not uow.partners.has_any(newsroom.site.id)


def test_newer_change_takes_the_place_of_one_that_waits(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    record(newsroom.database, lease(newsroom.database), DeliveryState.FAILING, retry_seconds=5)
    store(newsroom, "three")
    assert states(newsroom) == [DeliveryState.SUPERSEDED, DeliveryState.PLANNED]
    store(newsroom, "four")
    assert states(newsroom) == [DeliveryState.SUPERSEDED, DeliveryState.PLANNED]  # what wasn't tried leaves no trace
    assert len(lease(newsroom.database)) == 1


def test_newer_change_waits_for_the_one_under_way(newsroom: Newsroom, clock: Clock) -> None:
    store(newsroom, "one")
    subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    under_way = lease(newsroom.database)
    store(newsroom, "three")
    assert lease(newsroom.database) == []
    record(newsroom.database, under_way)
    assert len(lease(newsroom.database)) == 1


def test_failure_is_not_tried_again_when_something_newer_waits(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    under_way = lease(newsroom.database)
    store(newsroom, "three")
    record(newsroom.database, under_way, DeliveryState.FAILING, retry_seconds=5)
    assert states(newsroom) == [DeliveryState.SUPERSEDED, DeliveryState.PLANNED]


def test_dead_one_is_superseded_and_is_no_dead_letter(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    record(newsroom.database, lease(newsroom.database), DeliveryState.DEAD)
    with newsroom.database.read() as uow:
        assert uow.delivery_records.dead() == 0
    store(newsroom, "three")
    assert states(newsroom) == [DeliveryState.SUPERSEDED, DeliveryState.PLANNED]


def test_subscription_that_has_expired_is_sent_nothing_and_then_goes(newsroom: Newsroom, clock: Clock) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    clock.advance(LEASE - 1)
    with newsroom.database.write() as uow:
        assert subscriber in uow.subscriptions.in_force([subscriber], uow.now)
        assert uow.subscriptions.end_expired(uow.now, 10) == 0
    clock.advance(1)
    assert store(newsroom, "two") == 0
    with newsroom.database.write() as uow:
        assert not uow.subscriptions.in_force([subscriber], uow.now)
        assert uow.subscriptions.end_expired(uow.now, 10) == 1
        assert uow.subscriptions.count() == 0
        uow.commit()


def test_renewal_sets_the_lease_and_secret_anew(newsroom: Newsroom, clock: Clock) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    clock.advance(LEASE - 1)
    renewal = intent(newsroom)
    renewal = replace(renewal, secret_sealed=SEALER.seal("new", renewal.subscriber_id))
    with newsroom.database.write() as uow:
        uow.subscriptions.subscribe(renewal, uow.now)
        assert uow.subscriptions.count(newsroom.site.id) == 1
        addressee = uow.partners.addressees([subscriber], uow.now)[subscriber]
        uow.commit()
    assert SEALER.open(addressee.sealed_secrets[0], subscriber) == "new"
    clock.advance(LEASE - 1)
    assert store(newsroom, "two") == 1


def test_renewal_has_what_waits_for_an_open_breaker_tried_at_once(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    with newsroom.database.write() as uow:
        breaker = uow.partners.breakers([subscriber], [])[subscriber]
        for _ in range(FAILURES_TO_OPEN):
            breaker = breaker.after_failure(uow.now, 60.0, None, "status 503")
        uow.partners.save_breakers({subscriber: breaker})
        uow.deliveries.park(Lane.DEFAULT, uow.now, LEASE_SECONDS)
        uow.commit()
    assert probe(newsroom) == []
    subscribe(newsroom, "http://a.example/")
    [probed] = probe(newsroom)
    assert probed.partner_id == subscriber


def test_renewal_has_what_waits_for_its_time_tried_at_once(newsroom: Newsroom) -> None:
    """Also where the subscriber had asked for patience."""
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    record(newsroom.database, lease(newsroom.database), DeliveryState.FAILING, retry_seconds=3600)
    with newsroom.database.write() as uow:
        breaker = uow.partners.breakers([subscriber], [])[subscriber].after_failure(uow.now, 60.0, 3600.0, "status 503")
        uow.partners.save_breakers({subscriber: breaker})
        uow.commit()
    assert lease(newsroom.database) == []
    subscribe(newsroom, "http://a.example/")
    assert [item.partner_id for item in lease(newsroom.database)] == [subscriber]


def probe(newsroom: Newsroom) -> list[Delivery]:
    with newsroom.database.write() as uow:
        leased = uow.deliveries.lease_probes(Lane.DEFAULT, "a", uow.now, LEASE_SECONDS, 60.0, 10)
        uow.commit()
        return [*leased]


def test_partners_and_subscribers_are_leased_to_apart(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    partner = newsroom.subscribe()
    store(newsroom, "two")
    newsroom.post()
    newsroom.plan()
    with newsroom.database.write() as uow:
        for among, expected in ((SUBSCRIBERS_ALONE, subscriber), (PARTNERS, partner.id)):
            [leased] = uow.deliveries.lease(Lane.DEFAULT, "a", uow.now, LEASE_SECONDS, 10, among=among)
            assert leased.partner_id == expected


def test_nothing_goes_out_after_an_unsubscription(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    with newsroom.database.write() as uow:
        uow.subscriptions.unsubscribe([subscriber])
        uow.commit()
    assert lease(newsroom.database) == []
    assert states(newsroom) == [DeliveryState.SUPERSEDED]
    assert store(newsroom, "three") == 0
    subscribe(newsroom, "http://a.example/")
    assert store(newsroom, "four") == 1
    assert len(lease(newsroom.database)) == 1


def test_subscriber_who_is_gone_is_forgotten_with_what_was_sent(newsroom: Newsroom) -> None:
    store(newsroom, "one")
    [subscriber] = subscribe(newsroom, "http://a.example/")
    store(newsroom, "two")
    record(newsroom.database, lease(newsroom.database))
    with newsroom.database.write() as uow:
        uow.subscriptions.unsubscribe([subscriber])
        assert uow.retention.forget_subscribers(10) == 0
        after = uow.now + timedelta(seconds=1)
        assert uow.retention.forget_attempts(after, 10) == 1
        assert uow.retention.forget_other_deliveries(after, 10) == 1
        assert uow.retention.forget_subscribers(10) == 1


def take(database: Database, holder: str = "a", limit: int = 10) -> list[IntentId]:
    with database.write() as uow:
        leased = uow.subscriptions.lease(holder, uow.now, LEASE_SECONDS, limit)
        uow.commit()
        return [item.id for item in leased]


def request(newsroom: Newsroom, wanted: Intent) -> IntentId:
    with newsroom.database.write() as uow:
        uow.subscriptions.request(wanted)
        uow.commit()
    return wanted.id


def test_requests_of_one_subscriber_are_verified_one_after_the_other(newsroom: Newsroom) -> None:
    first = request(newsroom, intent(newsroom))
    second = request(newsroom, intent(newsroom, mode=Mode.UNSUBSCRIBE))
    other = request(newsroom, intent(newsroom, "http://b.example/"))
    assert set(take(newsroom.database)) == {first, other}
    assert take(newsroom.database) == []
    with newsroom.database.write() as uow:
        assert uow.subscriptions.end(replace(intent(newsroom), id=first), "a")
        uow.commit()
    assert take(newsroom.database) == [second]


def test_request_whose_worker_has_died_is_taken_by_another(newsroom: Newsroom, clock: Clock) -> None:
    wanted = intent(newsroom)
    request(newsroom, wanted)
    assert take(newsroom.database) == [wanted.id]
    clock.advance(LEASE_SECONDS)
    assert take(newsroom.database, "b") == [wanted.id]
    with newsroom.database.write() as uow:
        assert not uow.subscriptions.end(wanted, "a")
        assert uow.subscriptions.end(wanted, "b")
        assert uow.subscriptions.waiting() == 0


def test_renewed_request_stays_with_its_holder(newsroom: Newsroom, clock: Clock) -> None:
    wanted = intent(newsroom)
    request(newsroom, wanted)
    take(newsroom.database)
    clock.advance(LEASE_SECONDS - 1)
    with newsroom.database.write() as uow:
        uow.subscriptions.renew([wanted.id], "a", uow.now, LEASE_SECONDS)
        uow.commit()
    clock.advance(LEASE_SECONDS - 1)
    assert take(newsroom.database, "b") == []


def test_waiting_requests_are_told(newsroom: Newsroom) -> None:
    with newsroom.database.read() as uow:
        assert not uow.subscriptions.is_due(uow.now, LEASE_SECONDS)
    request(newsroom, intent(newsroom))
    with newsroom.database.read() as uow:
        assert uow.subscriptions.is_due(uow.now, LEASE_SECONDS)
