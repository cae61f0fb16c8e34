"""What those have in common who work off leased rows beside a worker's tasks: the image processor and the verifier."""

import asyncio
from dataclasses import dataclass, field


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
