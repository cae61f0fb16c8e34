"""The verifier: asks the callbacks of those who want to subscribe or unsubscribe whether they mean it (W3C WebSub section 5.3).

Requests are rows. It leases them, asks outside any transaction, and writes what came of each; whoever dies in it costs the
lease's few seconds. Whoever doesn't answer holds up nobody.
"""

import asyncio
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

import structlog

from sokbo.domain.ids import IntentId
from sokbo.domain.subscription import Intent, Mode
from sokbo.domain.tally import Measure, Tally
from sokbo.errors import Unavailable
from sokbo.net.client import GuardedClient, RemoteFailure
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork
from workers.leased_work import LeasedWork

#: Callbacks asked at once. One that takes longer makes room for others, and there is an end to that.
AT_ONCE = 100
SLOW_SECONDS = 0.25
MAX_UNDER_WAY = 2000
RENEW_SECONDS = 1.0
#: How long an answer may take.
TIMEOUT_SECONDS = 10.0
#: Names looked up at once, in threads that no push needs: anybody may name a host whose name server is silent.
LOOKUPS = 16
CHALLENGE_BYTES = 32
MAX_ANSWER_BYTES = 4096

log = structlog.get_logger()

#: Requests, each with why it is denied, if it is.
Leased = Sequence[tuple[Intent, str]]


@dataclass(slots=True)
class Verifier(LeasedWork):
    """One per worker process that serves the default lane. `run` and `wake` belong to its loop."""

    settings: Settings
    database: Database
    holder: str
    _since: dict[IntentId, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Works until stopped."""
        async with GuardedClient(self.settings.callback_allow, timeout_seconds=TIMEOUT_SECONDS, lookups=LOOKUPS) as client:
            while not self._stopping:
                await self._wait(RENEW_SECONDS if self._room() else SLOW_SECONDS)
                lease = partial(self._lease, list(self._under_way), self._room())
                for intent, denial in await self._leased("subscriptions", lease):
                    self._since[intent.id] = time.monotonic()
                    self._under_way[intent.id] = asyncio.create_task(self._work(client, intent, denial))
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _room(self) -> int:
        """How many more may be asked."""
        young = sum(since > time.monotonic() - SLOW_SECONDS for since in self._since.values())
        return max(0, min(AT_ONCE - young, MAX_UNDER_WAY - len(self._under_way)))

    def _lease(self, under_way: Collection[str], room: int) -> Leased:
        with self.database.write() as uow:
            seconds = self.settings.lease_seconds
            uow.subscriptions.renew(under_way, self.holder, uow.now, seconds)
            leased = uow.subscriptions.lease(self.holder, uow.now, seconds, room)
            taken = [(intent, self._denial(uow, intent)) for intent in leased if intent.id not in under_way]
            if under_way or leased:
                uow.commit()
        return taken

    def _denial(self, uow: UnitOfWork, intent: Intent) -> str:
        """Why nobody can subscribe to that; empty if anybody can."""
        if intent.mode is Mode.UNSUBSCRIBE:
            return ""
        document = uow.documents.get(intent.site_id, intent.path)
        if document is None or document.status != HTTPStatus.OK:
            return "there is no such topic"
        if uow.subscriptions.in_force([intent.subscriber_id], uow.now):
            return ""
        is_full = uow.subscriptions.count(intent.site_id) >= self.settings.hub_subscriptions
        return "the hub takes no more subscriptions" if is_full else ""

    async def _work(self, client: GuardedClient, intent: Intent, denial: str) -> None:
        """One request. What can't be written is asked again when the lease has run out."""
        try:
            refusal = denial or await _ask(client, intent)
            denial = denial or await asyncio.to_thread(self._record, intent, refusal)
            if denial:
                await _deny(client, intent, denial)
                await asyncio.to_thread(self._record, intent, denial)
        except Unavailable as error:
            log.warning("subscription_not_recorded", intent_id=intent.id, reason=error.full_message)
        except Exception:  # the edge: nobody waits for the task
            log.exception("subscription_not_recorded", intent_id=intent.id)
        finally:
            del self._under_way[intent.id], self._since[intent.id]
            self._changed.set()

    def _record(self, intent: Intent, refusal: str | None) -> str:
        """Puts into force what was confirmed, unless it is to be denied by now: then why, and nothing is written. A renewal that
        wasn't confirmed leaves the subscription as it is."""
        with self.database.write() as uow:
            if not uow.subscriptions.end(intent, self.holder):  # another worker has asked as well
                return ""
            if refusal is None and intent.mode is Mode.SUBSCRIBE:
                uow.sites.hold_counters(intent.site_id)  # so that each is counted before the next one's turn
                if denial := self._denial(uow, intent):
                    return denial
                uow.subscriptions.subscribe(intent, uow.now)
            elif refusal is None:
                uow.subscriptions.unsubscribe([intent.subscriber_id])
            tally = Tally()
            tally.count(Measure.VERIFICATIONS, "refused" if refusal else "confirmed")
            uow.tallies.add(tally)
            uow.commit()
        log.info(
            "subscription_verified",
            subscriber_id=intent.subscriber_id,
            mode=intent.mode,
            topic=intent.topic,
            confirmed=refusal is None,
            detail=refusal or "",
        )
        return ""


async def _ask(client: GuardedClient, intent: Intent) -> str | None:
    """Why the request is taken for not meant; None if the callback has confirmed it, by any 2xx and exactly our challenge."""
    challenge = secrets.token_urlsafe(CHALLENGE_BYTES)
    expected = challenge.encode()
    try:
        answer = await client.fetch(
            _question(intent, challenge), {}, lambda body: len(body) > len(expected), max_bytes=MAX_ANSWER_BYTES
        )
    except RemoteFailure as failure:
        return str(failure)
    if not 200 <= answer.status < 300:
        return f"status {answer.status}"
    is_exact = answer.beginning == expected and answer.length == len(expected)
    return None if is_exact else "the answer is not the challenge"


async def _deny(client: GuardedClient, intent: Intent, reason: str) -> None:
    """Tells the callback (WebSub section 5.2), whatever it says to that."""
    asked = {"hub.mode": "denied", "hub.topic": intent.topic, "hub.reason": reason}
    with suppress(RemoteFailure):
        await client.fetch(_with(intent.callback, asked), {}, lambda _: True, max_bytes=MAX_ANSWER_BYTES)


def _question(intent: Intent, challenge: str) -> str:
    """The URL to ask, whose answer has to be the challenge."""
    asked = {"hub.mode": intent.mode.value, "hub.topic": intent.topic, "hub.challenge": challenge}
    if intent.mode is Mode.SUBSCRIBE:
        asked["hub.lease_seconds"] = str(intent.lease_seconds)
    return _with(intent.callback, asked)


def _with(callback: str, parameters: Mapping[str, str]) -> str:
    """The callback with these parameters after its own (WebSub section 5.3)."""
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(parameters)}"
