"""Deletes what has been kept for long enough; the settings say how long.

An event goes with its deliveries: not before each of them has ended and none of its attempts is kept any more, so that
whatever can still be replayed or caught up with is there. Documents stay: a term that ever had an article keeps its feeds,
if need be empty ones, for those who subscribe to them.
"""

import time
from datetime import datetime, timedelta

from sokbo.media.files import MediaFiles
from sokbo.settings import Settings
from sokbo.storage import UnitOfWork
from workers.runtime import Runtime
from workers.yielding import TURN_SECONDS, give_way

#: Most rows deleted in one transaction of each kind.
BATCH_ROWS = 1000
#: How long a replaced fragment stays readable for a service that holds an older document.
FRAGMENT_GRACE = timedelta(hours=1)
#: How long a picture that could not be measured isn't tried again.
FAILED_PICTURE_REST = timedelta(days=1)


def clean(runtime: Runtime) -> int:
    """How many rows were deleted, beside abandoned drafts of images. What there is no time for is left to the next turn."""
    MediaFiles(runtime.settings.media_folder).forget_abandoned()
    deadline = time.monotonic() + TURN_SECONDS
    total = 0
    while deleted := _delete_some(runtime):
        total += deleted
        if time.monotonic() > deadline:
            break
        give_way(runtime)
    return total


def _delete_some(runtime: Runtime) -> int:
    with runtime.database.write() as uow:
        deleted = _forget(uow, runtime.settings)
        if deleted:
            uow.commit()
        return deleted


def _forget(uow: UnitOfWork, settings: Settings) -> int:
    def ago(days: int) -> datetime:
        return uow.now - timedelta(days=days)

    retention = uow.retention
    return (
        retention.forget_attempts(ago(settings.keep_attempts_days), BATCH_ROWS)
        + retention.forget_deliveries(ago(settings.keep_events_days), BATCH_ROWS)
        + retention.forget_other_deliveries(ago(settings.keep_events_days), BATCH_ROWS)
        + retention.forget_events(ago(settings.keep_events_days), BATCH_ROWS)
        + retention.forget_answers(ago(settings.keep_idempotency_days), BATCH_ROWS)
        + retention.forget_fragments(uow.now - FRAGMENT_GRACE, BATCH_ROWS)
        + uow.subscriptions.end_expired(uow.now, BATCH_ROWS)
        + retention.forget_subscribers(BATCH_ROWS)
        + retention.forget_failed_pictures(uow.now - FAILED_PICTURE_REST, BATCH_ROWS)
    )
