"""The image processor: measures others' pictures and makes the variants of ours, beside everything else that its worker does.

What waits are rows. It leases them, works outside any transaction, and writes what came of each. Whoever dies in it costs
the lease's few seconds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import structlog

from sokbo.domain.picture import VARIANT_WIDTHS, Picture, PictureState, Variant, file_name
from sokbo.domain.tally import Measure, Tally
from sokbo.errors import Unavailable
from sokbo.media import images
from sokbo.media.files import MediaFiles
from sokbo.net.client import GuardedClient
from sokbo.settings import Settings
from sokbo.storage import Database
from workers.leased_work import LeasedWork
from workers.measuring import Unmeasured, measure

#: Pictures under way at once; of ours, which take a processor, one.
AT_ONCE = 8
RESIZED_AT_ONCE = 1
#: How long to wait after each failed attempt; after the last there is one more, and then it is given up.
RETRY_SECONDS = (10, 120, 1800)
RENEW_SECONDS = 1.0

log = structlog.get_logger()

Leased = Sequence[tuple[Picture, int]]


@dataclass(slots=True)
class ImageProcessor(LeasedWork):
    """One per worker process that serves the default lane. `run` and `wake` belong to its loop."""

    settings: Settings
    database: Database
    files: MediaFiles
    holder: str
    _resizing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RESIZED_AT_ONCE))

    async def run(self) -> None:
        """Works until stopped."""
        async with GuardedClient(self.settings.callback_allow) as client:
            while not self._stopping:
                await self._wait(RENEW_SECONDS)
                lease = partial(self._lease, list(self._under_way), AT_ONCE - len(self._under_way))
                for picture, attempt in await self._leased("pictures", lease):
                    self._under_way[picture.source] = asyncio.create_task(self._work(client, picture, attempt))
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _lease(self, under_way: Sequence[str], room: int) -> Leased:
        with self.database.write() as uow:
            seconds = self.settings.lease_seconds
            uow.pictures.renew(under_way, self.holder, uow.now + timedelta(seconds=seconds))
            # What has just been written may be due again before its task has ended, and has its turn then.
            leased = uow.pictures.lease(self.holder, uow.now, seconds, room, passed_over=under_way)
            if under_way or leased:
                uow.commit()
        return leased

    async def _work(self, client: GuardedClient, picture: Picture, attempt: int) -> None:
        """One attempt. What can't be written is done again when the lease has run out."""
        try:
            settled, detail = await self._attempt(client, picture)
            await asyncio.to_thread(self._record, picture, settled, attempt, detail)
        except Unavailable as error:
            log.warning("picture_not_recorded", source=picture.source, reason=error.full_message)
        except Exception:  # the edge: nobody waits for the task
            log.exception("picture_not_recorded", source=picture.source)
        finally:
            del self._under_way[picture.source]
            self._changed.set()

    async def _attempt(self, client: GuardedClient, picture: Picture) -> tuple[Picture | None, str]:
        """The picture with what is known now, or why it isn't."""
        try:
            if not picture.is_ours:
                return await measure(client, picture.source), ""
            async with self._resizing:
                return await asyncio.to_thread(self._with_variants, picture), ""
        except (Unmeasured, images.Undecodable) as error:
            return None, str(error)
        except OSError as error:
            return None, f"the disk: {error.strerror}"
        except Exception as error:
            log.exception("picture_failed", source=picture.source)
            return None, f"our own fault: {type(error).__name__}"

    def _with_variants(self, picture: Picture) -> Picture:
        with self.files.staging() as folder:
            made = images.resize(self.files.path(picture.name), folder, VARIANT_WIDTHS)
            variants = tuple(self._kept(item) for item in made)
        return replace(picture, state=PictureState.READY, variants=variants)

    def _kept(self, made: images.Made) -> Variant:
        digest, length = self.files.keep(made.file, made.type)
        return Variant(file_name(digest, made.type), made.type, made.width, made.height, length)

    def _record(self, picture: Picture, settled: Picture | None, attempt: int, detail: str) -> None:
        if settled is None and attempt > len(RETRY_SECONDS):
            settled = replace(picture, state=PictureState.FAILED)
        outcome = "retry" if settled is None else settled.state.value
        with self.database.write() as uow:
            if settled is None:
                again_at = uow.now + timedelta(seconds=RETRY_SECONDS[attempt - 1])
                kept = uow.pictures.put_off(picture.source, self.holder, again_at, detail)
            else:
                kept = uow.pictures.settle(settled, self.holder, uow.now, detail)
            if kept:
                tally = Tally()
                tally.count(Measure.PICTURES, outcome)
                uow.tallies.add(tally)
                uow.commit()
        log.info("picture_attempted", source=picture.source, outcome=outcome, detail=detail)
