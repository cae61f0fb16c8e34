"""One run: start everything, publish under fire, wait for quiet, stop everything, and look what became of each promise."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from sqlalchemy.exc import OperationalError

from chaos import faults, story
from chaos.checks import ATTAINABLE, complaints
from chaos.evidence import Evidence, Mailbox, Subscription
from chaos.feeds import Torn
from chaos.figures import lines
from chaos.ledger import read_ledger
from chaos.partners import Partner, receiving
from chaos.programs import has_ended
from chaos.promise import Promise
from chaos.publisher import Publisher
from chaos.reader import TIMEOUT, View, Watcher, read_everything
from chaos.saboteur import Saboteur, kinds_for
from chaos.subscribers import TOPICS, Subscriber, subscribing
from chaos.system import SITE, System, prepared

READY_SECONDS = 120.0
#: How long after the last post and the last fault everything must be where it belongs, also on a machine with other work.
QUIET_SECONDS = 120.0
LEFTOVER_SECONDS = 5.0
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do in one run; the seed decides all else. `most_duplicates` is a share of the pushes to healthy partners."""

    seed: int
    articles: int
    seconds: float
    database: str
    most_duplicates: float


@dataclass(frozen=True, slots=True)
class Result:
    complaints: Sequence[str]
    figures: Sequence[str]


async def run(plan: Plan, folder: Path) -> Result:
    """What came of it. Everything that it starts has ended when this returns."""
    rng = random.Random(plan.seed)
    with prepared(folder, plan.database, rng) as system:
        async with receiving(rng) as partners, subscribing(rng) as subscribers, aiohttp.ClientSession() as session:
            scene = _set(plan, system, session, partners, subscribers, rng)
            async with _kept(system):
                await _register(scene)
                await _under_fire(plan, scene)
                ended_at = time.monotonic()
                evidence = replace(await _settled(scene), most_duplicates=plan.most_duplicates)
                quiet_seconds = time.monotonic() - ended_at
                scene.saboteur.notice()
            troubles = await _end(scene)
    figures = [*lines(evidence, scene.saboteur.done), *_own_figures(scene, quiet_seconds)]
    return Result(complaints(replace(evidence, troubles=[*evidence.troubles, *troubles])), figures)


@dataclass(frozen=True, slots=True)
class Scene:
    """All who act in a run."""

    system: System
    session: aiohttp.ClientSession
    partners: Sequence[Partner]
    subscribers: Sequence[Subscriber]
    publisher: Publisher
    watcher: Watcher
    saboteur: Saboteur


def _set(
    plan: Plan,
    system: System,
    session: aiohttp.ClientSession,
    partners: Sequence[Partner],
    subscribers: Sequence[Subscriber],
    rng: random.Random,
) -> Scene:
    promises = [Promise(item) for item in story.draw(plan.seed, plan.articles, plan.seconds)]
    return Scene(
        system=system,
        session=session,
        partners=partners,
        subscribers=subscribers,
        publisher=Publisher(session, system.urls, system.api_key, rng, promises),
        watcher=Watcher(session, system.urls, promises),
        saboteur=Saboteur(system),
    )


@asynccontextmanager
async def _kept(system: System) -> AsyncIterator[None]:
    """While it is open, whatever dies is started again."""
    system.keeper.start()
    keeping = asyncio.create_task(system.keeper.keep())
    try:
        yield
    finally:
        await _cancelled(keeping)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _register(scene: Scene) -> None:
    """Makes the partners and subscribers known, once every service is ready."""
    async with asyncio.timeout(READY_SECONDS):
        for url in scene.system.urls:
            for path in ("/readyz", *(f"/{SITE}/{topic}" for topic in TOPICS)):
                await _until_there(scene.session, url + path)
    headers = {"Authorization": f"Bearer {scene.system.api_key}"}
    for partner in scene.partners:
        who = partner.character
        wanted = {"breaking_only": who.breaking_only, "categories": [who.desk] if who.desk else []}
        body = {"name": who.name, "url": partner.url, "content": who.content, "filter": wanted}
        async with scene.session.post(f"{scene.system.urls[0]}/v1/partners", json=body, headers=headers) as response:
            response.raise_for_status()
            made = await response.json()
        partner.id, partner.secret = made["id"], made["secret"]
    for subscriber in scene.subscribers:
        await subscriber.subscribe(scene.session, scene.system.urls[0])


async def _until_there(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(url, timeout=TIMEOUT) as response:
                if response.status == 200:
                    return
        await asyncio.sleep(POLL_SECONDS)


async def _under_fire(plan: Plan, scene: Scene) -> None:
    rng = random.Random(f"faults {plan.seed}")  # its own: the schedule must not depend on what else was drawn
    schedule = faults.draw(rng, plan.seconds, scene.system.targets, kinds_for(scene.system))
    watching = asyncio.create_task(scene.watcher.watch())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(scene.publisher.publish())
            group.create_task(scene.saboteur.run(schedule))
        # Everything has been seen, or it is time to judge.
        await _eventually(lambda: all(item.newest.seen_at for item in scene.publisher.promises if item.is_shown), QUIET_SECONDS)
    finally:
        await _cancelled(watching)


async def _eventually(probe: Callable[[], bool], seconds: float) -> None:
    """Returns once it is true, or when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        if probe() or time.monotonic() > deadline:
            return
        await asyncio.sleep(POLL_SECONDS)


async def _settled(scene: Scene) -> Evidence:
    """The evidence as soon as there is nothing to complain of, or when the time for that is over."""
    deadline = time.monotonic() + QUIET_SECONDS
    healthy = {partner.id for partner in scene.partners if partner.character.is_healthy}
    while True:
        is_late = time.monotonic() > deadline
        try:
            if is_late or read_ledger(scene.system.settings.resolved_database_url).is_settled(healthy):
                evidence = await _gather(scene)
                if is_late or not complaints(evidence, ATTAINABLE):
                    return evidence
        except OperationalError:  # it is still starting
            if is_late:
                raise
        await asyncio.sleep(POLL_SECONDS)


async def _gather(scene: Scene) -> Evidence:
    views, troubles = [], []
    for url in scene.system.urls:
        try:
            views.append(await read_everything(scene.session, url, scene.system.api_key, scene.publisher.promises))
        except (aiohttp.ClientError, TimeoutError, Torn) as error:
            views.append(View(url, {}, {}))
            troubles.append(f"{url} can't be read: {type(error).__name__}: {error}")
    return Evidence(
        promises=scene.publisher.promises,
        views=views,
        mailboxes=[Mailbox(partner.id, partner.character, partner.receipts, partner.strays) for partner in scene.partners],
        ledger=read_ledger(scene.system.settings.resolved_database_url),
        subscriptions=[Subscription(each.path, each.is_flaky, each.contents) for each in scene.subscribers],
        torn=scene.watcher.torn,
        troubles=troubles,
    )


async def _end(scene: Scene) -> list[str]:
    """Stops everything; complaints about whoever is still there."""
    troubles = await asyncio.to_thread(scene.system.keeper.stop)
    await _eventually(lambda: all(map(has_ended, scene.saboteur.seen)), LEFTOVER_SECONDS)
    left = [process for process in scene.saboteur.seen if not has_ended(process)]
    return [*troubles, *(f"{process} is still there after the end" for process in left)]


def _own_figures(scene: Scene, quiet_seconds: float) -> list[str]:
    publisher, keeper = scene.publisher, scene.system.keeper
    return [
        f"answers that said no for now: {publisher.refusals}; answers lost: {publisher.lost_answers}",
        f"feeds parsed during the run: {scene.watcher.polls}; programs started again by us: {keeper.restarts}",
        f"seconds from the last post and fault to quiet: {quiet_seconds:.1f}",
    ]
