"""A careful publisher: posts at a steady rate whatever happens, asks again when an answer is lost, and notes what it was told."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from chaos.promise import WITHDRAWN, Edition, Fate, Promise
from chaos.story import Kind, utc_now

ANSWER_SECONDS = 8.0
#: How long a story is asked for again and again before its publisher despairs: long, for a machine with other work.
PATIENCE_SECONDS = 120.0
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHANGES = frozenset({Kind.UPDATED, Kind.CORRECTED})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]


@dataclass(slots=True)
class Publisher:
    """`urls` are the services', used in turn. Its counts: answers that said no for now, answers that never came."""

    session: aiohttp.ClientSession
    urls: Sequence[str]
    api_key: str
    rng: random.Random
    promises: Sequence[Promise]
    refusals: int = 0
    lost_answers: int = 0
    _turns: Iterator[int] = field(default_factory=itertools.count)

    async def publish(self) -> None:
        """Tells all the stories, each at its time, and returns when each has its answer or its publisher has despaired."""
        began = time.monotonic()
        await asyncio.gather(*(self._tell(promise, began) for promise in self.promises))

    async def _tell(self, promise: Promise, began: float) -> None:
        story = promise.story
        await asyncio.sleep(began + story.at_seconds - time.monotonic())
        body, now = orjson.dumps(story.body(utc_now())), time.monotonic()
        for answer in await asyncio.gather(*(self._post(promise, body) for _ in range(story.twins))):
            self._note_post(promise, answer, now)
        if not promise.is_accepted:
            return
        if story.kind in _CHANGES:
            await asyncio.sleep(story.later_seconds)
            await self._change(promise)
        elif story.kind is Kind.WITHDRAWN:
            await asyncio.sleep(story.later_seconds)
            await self._withdraw(promise)

    async def _post(self, promise: Promise, body: bytes) -> Answer | None:
        return await self._ask(
            "POST", "/v1/articles", body, {"Idempotency-Key": promise.story.token}, gives_up=promise.story.gives_up
        )

    def _note_post(self, promise: Promise, answer: Answer | None, posted_at: float) -> None:
        """One twin's answer; any of them may be the one that the story's fate is learnt from."""
        if answer is None:
            return
        if answer.status != 201:
            if promise.fate is Fate.UNANSWERED:
                promise.fate = Fate.REFUSED
            if answer.status not in RETRIED and promise.story.kind is not Kind.INVALID:
                promise.contradictions.append(f"POST was answered {answer.status}")
            return
        if promise.is_accepted:
            if answer.body["id"] != promise.article_id:
                promise.contradictions.append("one Idempotency-Key made two articles")
            return
        ahead = promise.story.later_seconds if promise.story.kind is Kind.SCHEDULED else 0.0
        promise.fate, promise.article_id = Fate.ACCEPTED, answer.body["id"]
        promise.page = urlsplit(answer.body["url"]).path
        since = max(time.monotonic(), posted_at + ahead)
        promise.editions.append(Edition(answer.body["revision"], promise.story.first_title, since))

    async def _change(self, promise: Promise) -> None:
        path = f"/v1/articles/{promise.article_id}"
        answer = await self._ask("PATCH", path, orjson.dumps(promise.story.patch()), {"If-Match": '"1"'})
        if answer is not None and answer.status == 412:  # a try whose answer was lost may have been the one
            answer = await self._ask("GET", path)
        self._note_change(promise, answer, promise.story.second_title)

    async def _withdraw(self, promise: Promise) -> None:
        answer = await self._ask("DELETE", f"/v1/articles/{promise.article_id}")
        self._note_change(promise, answer, promise.story.first_title, withdrawn=True)

    def _note_change(self, promise: Promise, answer: Answer | None, title: str, *, withdrawn: bool = False) -> None:
        if answer is None:
            promise.fate = Fate.UNANSWERED
        elif answer.status != 200 or answer.body["revision"] != 2:
            promise.contradictions.append(f"the change was answered {answer.status}, revision {answer.body.get('revision')}")
        else:
            promise.page = urlsplit(answer.body["url"]).path
            promise.editions.append(Edition(WITHDRAWN if withdrawn else 2, title, time.monotonic()))

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        gives_up: bool = False,
    ) -> Answer | None:
        """The answer, asked for until it is one that lasts; None when patience ends. Who gives up takes the first clear no,
        unless an answer was lost before: then only a further one tells what became of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        lost_one = False
        while time.monotonic() < deadline:
            try:
                answer = await self._ask_once(method, path, body, headers)
            except aiohttp.ClientConnectorError:
                pass  # nothing was sent
            except (aiohttp.ClientError, TimeoutError):
                lost_one = True
                self.lost_answers += 1
            else:
                if answer.status not in RETRIED or (gives_up and not lost_one):
                    return answer
                self.refusals += 1
            await asyncio.sleep(self.rng.uniform(0.1, 0.4))
        return None

    async def _ask_once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        url = self.urls[next(self._turns) % len(self.urls)] + path
        own = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with self.session.request(method, url, data=body, headers=own | dict(headers), timeout=timeout) as response:
            return Answer(response.status, orjson.loads(await response.read()))
