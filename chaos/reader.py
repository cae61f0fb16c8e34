"""Readers: one who polls the feeds all through the run and sees whether any is torn, one who reads everything at its end."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
import orjson

from chaos.feeds import FORMATS, Entry, Torn, parse
from chaos.promise import Promise
from chaos.system import SITE

POLL_SECONDS = 0.2
TIMEOUT = aiohttp.ClientTimeout(total=5.0)
AT_ONCE = 16
#: Beside the desks' feeds: what they all are, and what breaks.
SITE_FEEDS = ("feed", "breaking")


@dataclass(frozen=True, slots=True)
class Copy:
    """An article as one service answers it: by the API, and as a page."""

    api_status: int
    state: str
    revision: int
    page_status: int
    page: str


@dataclass(frozen=True, slots=True)
class View:
    """All that one service shows: feeds by path, articles by id."""

    url: str
    feeds: Mapping[str, Sequence[Entry]]
    copies: Mapping[str, Copy]


@dataclass(slots=True)
class Watcher:
    """Polls the feeds in which something is still to appear. `torn`: every body that was no feed."""

    session: aiohttp.ClientSession
    urls: Sequence[str]
    promises: Sequence[Promise]
    torn: list[str] = field(default_factory=list)
    polls: int = 0

    async def watch(self) -> None:
        """For ever."""
        for turn in itertools.count():
            suffix, url = FORMATS[turn % len(FORMATS)], self.urls[turn % len(self.urls)]
            unseen = [promise for promise in self.promises if promise.is_shown and promise.newest.seen_at is None]
            names = {f"category/{promise.story.desk}" for promise in unseen} | {SITE_FEEDS[turn % len(SITE_FEEDS)]}
            for name in sorted(names):
                await self._look(url, f"{name}.{suffix}", suffix, unseen)
            await asyncio.sleep(POLL_SECONDS)

    async def _look(self, url: str, path: str, suffix: str, unseen: Iterable[Promise]) -> None:
        try:
            async with self.session.get(f"{url}/{SITE}/{path}", timeout=TIMEOUT) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return
        if status != 200:
            return
        self.polls += 1
        try:
            titles = {entry.title for entry in parse(suffix, body)}
        except Torn as error:
            self.torn.append(f"{path}: {error}: {body[-80:]!r}")
            return
        for promise in unseen:
            if promise.newest.title in titles:
                promise.newest.seen_at = promise.newest.seen_at or time.monotonic()


async def read_everything(session: aiohttp.ClientSession, url: str, api_key: str, promises: Sequence[Promise]) -> View:
    """What the service shows of all desks and of the articles accepted. Raises Torn, aiohttp.ClientError, TimeoutError."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def get(path: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {api_key}"} if path.startswith("/v1/") else {}
        async with turns, session.get(url + path, headers=headers, timeout=TIMEOUT) as response:
            return response.status, await response.read()

    async def feed(path: str) -> tuple[str, Sequence[Entry]]:
        status, body = await get(f"/{SITE}/{path}")
        return path, parse(path.rpartition(".")[2], body) if status == 200 else []

    async def copy(promise: Promise) -> tuple[str, Copy]:
        status, body = await get(f"/v1/articles/{promise.article_id}")
        article = orjson.loads(body)
        page_status, page = await get(promise.page)
        return promise.article_id, Copy(
            status, article.get("state", ""), article.get("revision", 0), page_status, page.decode(errors="replace")
        )

    names = {f"category/{promise.story.desk}" for promise in promises} | set(SITE_FEEDS)
    feeds = await asyncio.gather(*(feed(f"{name}.{suffix}") for name in sorted(names) for suffix in FORMATS))
    copies = await asyncio.gather(*(copy(promise) for promise in promises if promise.article_id))
    return View(url, dict(feeds), dict(copies))
