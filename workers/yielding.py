"""Long work in the background is done in short turns, between which events go first."""

from workers.runtime import Runtime
from workers.syndicate import syndicate

#: How long one turn may take in all: less than the time between two sweeps.
TURN_SECONDS = 0.4


def give_way(runtime: Runtime) -> None:
    """Syndicates the events that wait in this worker's lanes."""
    with runtime.database.read() as uow:
        waiting = [lane for lane in runtime.lanes if uow.events.has_unclaimed(lane, uow.now, runtime.settings.lease_seconds)]
    for lane in waiting:
        syndicate(runtime, lane)
