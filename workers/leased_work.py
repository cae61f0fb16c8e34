"""What those have in common who work off leased rows beside a worker's tasks: the image processor and the verifier."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from sokbo.errors import Unavailable

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(slots=True)
class LeasedWork:
    """What is under way, by the rows' keys, and whether there is more. Everything belongs to one loop."""

    _changed: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _under_way: dict[str, asyncio.Task[None]] = field(init=False, default_factory=dict)
    _stopping: bool = field(init=False, default=False)

    def wake(self) -> None:
        """Looks for what waits now."""
        self._changed.set()

    def stop(self) -> None:
        """Begins nothing more, and leaves what is under way to others; `run` returns."""
        self._stopping = True
        for task in self._under_way.values():
            task.cancel()
        self._changed.set()

    async def _wait(self, seconds: float) -> None:
        """Until something has changed, or, while anything is under way, for so long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds if self._under_way else None)
        except TimeoutError:
            return
        self._changed.clear()

    async def _leased(self, what: str, lease: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What `lease` gives, asked in a thread. If that fails, the next sweep wakes us again."""
        if self._stopping:
            return []
        try:
            return await asyncio.to_thread(lease)
        except Unavailable as error:
            log.warning(f"{what}_not_leased", reason=error.full_message)
        except Exception:  # the edge: without it nothing would be leased any more
            log.exception(f"{what}_not_leased")
        return []
