"""The pump: pushes due deliveries without pause, so that one partner who hangs delays nobody.

Each cycle writes the outcomes of the last one, keeps the leases of what is under way, and leases as much as there is room
for, all in one transaction; the pushes themselves run outside any.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

import structlog

from sokbo.domain.delivery import Delivery, Outcome, Verdict
from sokbo.domain.event import Lane
from sokbo.domain.ids import DeliveryId
from sokbo.errors import Unavailable
from sokbo.net.client import GuardedClient
from sokbo.net.sealing import Sealer
from sokbo.settings import Settings
from sokbo.storage import Database
from workers.channels.job import PushJob
from workers.channels.registry import CHANNELS
from workers.database_health import DatabaseHealth
from workers.jobs import load_jobs
from workers.recording import record, record_each
from workers.round_robin import RoundRobin

#: A push that takes longer makes room for others, so that partners who hang delay nobody; there is an end to that.
SLOW_SECONDS = 0.25
MAX_UNDER_WAY = 2000
#: How much of topics is on its way to the hub's subscribers at once.
MAX_CONTENT_BYTES = 64 * 1024 * 1024
#: How many pushes are leased and loaded for each that is under way, so that none waits for the database's turn.
LEASED_AHEAD = 1
#: How long outcomes may wait to be written together, and leases to be renewed while pushes are under way.
GATHER_SECONDS = 0.02
RENEW_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A push that has begun, and when by the monotonic clock."""

    task: asyncio.Task[None]
    since: float


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle brings to the database: finished attempts, the leases to renew, and the room for more. `is_doubtful`: what
    has finished may have been written by the cycle before it."""

    finished: list[tuple[Delivery, Outcome]]
    to_renew: list[DeliveryId]
    room: int
    is_doubtful: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What a cycle brings back: what can be pushed, attempts that have ended before there was anything to push, and what was to
    be renewed and is others' by now."""

    jobs: Sequence[tuple[Delivery, PushJob]] = ()
    ended: Sequence[tuple[Delivery, Outcome]] = ()
    lost: Set[DeliveryId] = frozenset()


@dataclass(slots=True)
class Pump:
    """One per worker process. `run` and `wake` belong to its loop."""

    settings: Settings
    database: Database
    sealer: Sealer
    lanes: tuple[Lane, ...]
    holder: str
    rng: random.Random
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _finished: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    _under_way: dict[DeliveryId, UnderWay] = field(default_factory=dict)
    _ready: deque[tuple[Delivery, PushJob]] = field(default_factory=deque)
    _round: RoundRobin = field(init=False)
    _health: DatabaseHealth = field(default_factory=DatabaseHealth)
    _content_bytes: int = 0
    _renewed_at: float = 0.0
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._round = RoundRobin(self.settings, self.lanes, self.holder)

    def wake(self) -> None:
        """Looks for due deliveries now."""
        self._changed.set()

    def note_absence(self) -> None:
        """Learns that the database couldn't be used, which a pump with nothing to do doesn't notice."""
        self._health.note_absence()

    def stop(self) -> None:
        """Leases and begins nothing more; `run` returns when what is under way has ended and is written."""
        self._stopping = True
        self._ready.clear()
        self._changed.set()

    async def run(self) -> None:
        """Pushes until stopped."""
        async with GuardedClient(self.settings.callback_allow) as client:
            while not (self._stopping and not self._under_way and not self._finished):
                await self._wait()
                self._take_on(await self._run_cycle())
                self._begin(client)

    def _take_on(self, taken: Taken) -> None:
        """Makes ready what this process isn't at already. That can be leased to it once more, when its own lease has run out
        before it was renewed: the clock was set ahead, or the database wasn't there. The new lease then serves the old push."""
        self._keep_ready(taken.lost)
        if not self._stopping:
            held = {*self._under_way, *(delivery.id for delivery, _ in self._ready), *(done.id for done, _ in self._finished)}
            taken_on = [(delivery, job) for delivery, job in taken.jobs if delivery.id not in held]
            # Partners go before whoever of the hub's subscribers is waiting.
            self._ready = deque(sorted([*self._ready, *taken_on], key=lambda ready: ready[1].content is not None))
        if taken.ended:
            self._finished.extend(taken.ended)
            self._changed.set()

    def _keep_ready(self, lost: Set[DeliveryId]) -> None:
        """Lets go of what others hold by now."""
        if lost:
            self._ready = deque((delivery, job) for delivery, job in self._ready if delivery.id not in lost)

    def _begin(self, client: GuardedClient) -> None:
        """Begins as many pushes as may be under way. What this process may no longer hold, since it has been stopped or cut off
        for so long, is dropped: another may have pushed something newer."""
        if not self._health.was_there(self.settings.lease_seconds):
            self._ready.clear()
        for _ in range(min(len(self._ready), self._places())):
            if not self._has_room_for(self._ready[0][1]):  # a subscriber's: all after it are, too
                break
            delivery, job = self._ready.popleft()
            self._content_bytes += job.content_bytes
            task = asyncio.create_task(self._push(client, delivery, job))
            self._under_way[delivery.id] = UnderWay(task, time.monotonic())

    def _has_room_for(self, job: PushJob) -> bool:
        """True if its content fits into MAX_CONTENT_BYTES, or is alone: each connection holds a copy of its own until the other
        side has read it."""
        is_alone = not (job.content_bytes and self._content_bytes)
        return is_alone or self._content_bytes + job.content_bytes <= MAX_CONTENT_BYTES

    async def _wait(self) -> None:
        """Until something has changed; outcomes then get a moment for others to join them."""
        timeout = None
        if self._under_way:
            timeout = RENEW_SECONDS if self._places() > 0 else SLOW_SECONDS
        if (rest := self._health.rest_seconds) is not None:
            timeout = min(timeout or rest, rest)
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return
        self._changed.clear()
        if self._finished and self._under_way:
            await asyncio.sleep(GATHER_SECONDS)

    async def _run_cycle(self) -> Taken:
        """A cycle; if it fails, nothing is forgotten that can be written, and the next one comes after a moment."""
        finished, self._finished = self._finished, []
        cycle = Cycle(finished, self._to_renew(), self._room(), self._health.has_failed)
        try:
            with self._health.cycle():
                return await asyncio.to_thread(self._write_cycle, cycle)
        except Unavailable as error:
            log.warning("deliveries_not_recorded", reason=error.full_message, attempts=len(finished))
        except Exception:  # the edge: without the pump nothing would be delivered any more
            log.exception("cycle_failed", attempts=len(finished))
            finished = await asyncio.to_thread(record_each, self.database, finished, self.holder, self.settings, self.rng)
        self._finished = finished + self._finished
        self._ready.clear()  # another's by the time that the database is back
        await asyncio.sleep(RENEW_SECONDS)
        self._changed.set()
        return Taken()

    def _places(self) -> int:
        """How many pushes may begin: none while the database is away."""
        if self._health.is_away:
            return 0
        young = sum(push.since > time.monotonic() - SLOW_SECONDS for push in self._under_way.values())
        return min(self.settings.pushes_in_flight - young, MAX_UNDER_WAY - len(self._under_way))

    def _room(self) -> int:
        """How many deliveries may be leased."""
        if not self._health.may_lease() or self._stopping:
            return 0
        ahead = LEASED_AHEAD * self.settings.pushes_in_flight
        return max(0, self._places() + ahead - len(self._ready))

    def _to_renew(self) -> list[DeliveryId]:
        """What is held, if it is time; the leases are many times as long."""
        if time.monotonic() - self._renewed_at < RENEW_SECONDS / 2:
            return []
        self._renewed_at = time.monotonic()
        return [*self._under_way, *(delivery.id for delivery, _ in self._ready)]

    def _write_cycle(self, cycle: Cycle) -> Taken:
        with self.database.write() as uow:
            finished = uow.outcomes.unrecorded(cycle.finished) if cycle.is_doubtful else cycle.finished
            changes = record(uow, finished, self.holder, self.settings, self.rng)
            kept = uow.deliveries.renew(cycle.to_renew, self.holder, uow.now, self.settings.lease_seconds)
            leased = self._round.lease(uow, 0 if self._health.is_stuck else cycle.room)
            if cycle.finished or cycle.to_renew or leased:
                uow.commit()
        for change in changes:
            change.log()
        return replace(self._load(leased), lost={*cycle.to_renew} - kept)

    def _load(self, leased: Sequence[Delivery]) -> Taken:
        """What can be pushed now. One that can't be loaded holds up no other, and its attempt has failed. Without the database,
        all keep their leases, and are tried again when those have run out."""
        if not leased:
            return Taken()
        try:
            with self.database.read() as uow:
                return Taken(*load_jobs(uow, leased, self.sealer, self.settings.hub_signature))
        except Unavailable as error:
            log.warning("jobs_not_loaded", reason=error.full_message, deliveries=len(leased))
            return Taken()
        except Exception as error:  # the edge: the outcomes are written, so the cycle must not be taken again
            if len(leased) > 1:  # which of them it is shows when each is loaded alone
                each = [self._load([delivery]) for delivery in leased]
                return Taken([job for one in each for job in one.jobs], [ended for one in each for ended in one.ended])
            log.exception("job_not_loaded", delivery_id=leased[0].id)
            return Taken(ended=[(leased[0], _our_own_fault(type(error).__name__))])

    async def _push(self, client: GuardedClient, delivery: Delivery, job: PushJob) -> None:
        """One attempt. Whatever happens, its outcome is kept for the next cycle."""
        try:
            outcome = await CHANNELS[job.addressee.channel].push(client, job)
        except Exception as error:
            log.exception("push_failed", delivery_id=delivery.id)
            outcome = _our_own_fault(type(error).__name__)
        del self._under_way[delivery.id]
        self._content_bytes -= job.content_bytes
        self._finished.append((delivery, outcome))
        self._begin(client)
        self._changed.set()
        log.info(
            "delivery_attempted",
            request_id=job.event.request_id if job.event else None,
            delivery_id=delivery.id,
            verdict=outcome.verdict,
            status=outcome.status,
            seconds=round(outcome.duration_seconds, 4),
        )


def _our_own_fault(detail: str) -> Outcome:
    """Of an attempt that a bug of ours has ended."""
    return Outcome(Verdict.RETRY, 0.0, detail=f"our own fault: {detail}")
