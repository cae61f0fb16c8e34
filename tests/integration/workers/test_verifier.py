"""The verifier on a loop of its own, against real callbacks, with a clock that stands still until it is moved."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from sokbo.domain.ids import IntentId, new_id
from sokbo.domain.subscription import Intent, Mode, subscriber_id
from sokbo.domain.tally import Measure
from tests.clock import Clock
from tests.integration.workers.bureau import Bureau
from tests.integration.workers.test_pump import until
from tests.newsroom import SEALER
from tests.subscriber import Subscriber, subscribing
from workers.verifier import Verifier

DEADLINE_SECONDS = 5.0


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with subscribing() as opened:
        yield opened


@asynccontextmanager
async def verifying(bureau: Bureau, holder: str = "me", **settings: object) -> AsyncIterator[Verifier]:
    """A verifier at work; at the end it must stop in time."""
    verifier = Verifier(bureau.runtime.settings.model_copy(update=settings), bureau.runtime.database, holder)
    running = asyncio.create_task(verifier.run())
    verifier.wake()
    try:
        yield verifier
    finally:
        verifier.stop()
        await asyncio.wait_for(running, DEADLINE_SECONDS)


def request(bureau: Bureau, callback: str, path: str = "feed.atom", mode: Mode = Mode.SUBSCRIBE) -> Intent:
    site = bureau.newsroom.site
    subscriber = subscriber_id(site.url(path), callback)
    made = Intent(
        IntentId(new_id("int")), subscriber, site.id, path, mode, site.url(path), callback, 600, SEALER.seal("", subscriber)
    )
    with bureau.newsroom.database.write() as uow:
        uow.subscriptions.request(made)
        uow.commit()
    return made


def waiting(bureau: Bureau) -> int:
    with bureau.newsroom.database.read() as uow:
        return uow.subscriptions.waiting()


def none_waits(bureau: Bureau) -> Callable[[], bool]:
    return lambda: waiting(bureau) == 0


def subscriptions(bureau: Bureau) -> int:
    with bureau.newsroom.database.read() as uow:
        return uow.subscriptions.count()


async def test_confirmed_request_is_in_force_and_counted(bureau: Bureau, subscriber: Subscriber) -> None:
    intent = request(bureau, subscriber.callback)
    async with verifying(bureau):
        await until(none_waits(bureau))
    with bureau.newsroom.database.read() as uow:
        [found] = uow.subscriptions.in_force([intent.subscriber_id], uow.now).values()
        assert (found.path, found.topic) == (intent.path, intent.topic)
        assert uow.tallies.all()[Measure.VERIFICATIONS] == {"confirmed": 1.0}


async def test_topic_that_is_not_there_is_denied(bureau: Bureau, subscriber: Subscriber) -> None:
    request(bureau, subscriber.callback, "category/none.atom")
    async with verifying(bureau):
        await until(none_waits(bureau))
    [question] = subscriber.questions
    assert (question.get("mode"), question.get("topic")) == ("denied", bureau.newsroom.site.url("category/none.atom"))
    assert question.get("reason") == "there is no such topic"
    assert subscriptions(bureau) == 0


async def test_one_more_subscription_than_there_may_be_is_denied_and_a_renewal_is_not(bureau: Bureau) -> None:
    with subscribing() as first, subscribing() as second:
        async with verifying(bureau, hub_subscriptions=1) as verifier:
            for callback in (first.callback, second.callback, first.callback):
                request(bureau, callback)
                verifier.wake()
                await until(none_waits(bureau))
        assert [question.get("mode") for question in first.questions] == ["subscribe", "subscribe"]
        assert [question.get("mode") for question in second.questions] == ["denied"]
    assert subscriptions(bureau) == 1


async def test_limit_holds_for_requests_that_are_verified_at_once(bureau: Bureau) -> None:
    with subscribing() as first, subscribing() as second:
        for callback in (first.callback, second.callback):
            request(bureau, callback)
        async with verifying(bureau, hub_subscriptions=1):
            await until(none_waits(bureau))
        modes = sorted(question.get("mode") for subscriber in (first, second) for question in subscriber.questions)
        assert modes == ["denied", "subscribe", "subscribe"]
    assert subscriptions(bureau) == 1


async def test_answer_longer_than_the_challenge_does_not_confirm(bureau: Bureau, subscriber: Subscriber) -> None:
    subscriber.challenge = "x" * 100_000
    request(bureau, subscriber.callback)
    async with verifying(bureau):
        await until(none_waits(bureau))
    assert subscriptions(bureau) == 0


@pytest.mark.parametrize("callback", ["http://10.0.0.1/", "http://127.0.0.2:9/", "http://nobody.invalid/"])
async def test_callback_that_cannot_be_asked_does_not_confirm(bureau: Bureau, callback: str) -> None:
    request(bureau, callback)
    async with verifying(bureau):
        await until(none_waits(bureau))
    with bureau.newsroom.database.read() as uow:
        assert uow.tallies.all()[Measure.VERIFICATIONS] == {"refused": 1.0}
    assert subscriptions(bureau) == 0


async def test_whoever_does_not_answer_holds_up_nobody(
    bureau: Bureau, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.verifier.AT_ONCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        request(bureau, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        request(bureau, subscriber.callback)
        async with verifying(bureau):
            await until(lambda: subscriptions(bureau) == 1)
    assert waiting(bureau) == 1


async def test_request_that_a_dead_worker_held_is_verified_when_its_lease_is_over(
    bureau: Bureau, subscriber: Subscriber, clock: Clock
) -> None:
    request(bureau, subscriber.callback)
    with bureau.newsroom.database.write() as uow:
        uow.subscriptions.lease("dead", uow.now, bureau.runtime.settings.lease_seconds, 10)
        uow.commit()
    async with verifying(bureau) as verifier:
        clock.advance(bureau.runtime.settings.lease_seconds)
        verifier.wake()
        await until(none_waits(bureau))
    assert subscriptions(bureau) == 1


async def test_what_another_worker_has_taken_over_is_not_recorded_twice(bureau: Bureau, subscriber: Subscriber) -> None:
    intent = request(bureau, subscriber.callback)
    verifier = Verifier(bureau.runtime.settings, bureau.runtime.database, "late")
    with bureau.newsroom.database.write() as uow:
        uow.subscriptions.lease("other", uow.now, bureau.runtime.settings.lease_seconds, 10)
        uow.commit()
    verifier._record(intent, None)
    assert (waiting(bureau), subscriptions(bureau)) == (1, 0)
