"""Looking up names in threads of one's own, so that silent name servers hold up nobody else's look-ups."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import ThreadedResolver


class OwnThreads(ThreadedResolver):
    """As aiohttp's, which asks the loop, in so many threads. A look-up that was given up keeps its thread until it ends."""

    def __init__(self, threads: int):
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="names")
        self._loop = self  # type: ignore[assignment]  # of a loop, it calls these two methods alone

    async def getaddrinfo(self, host: str, port: int, **options: int) -> Any:
        """What socket.getaddrinfo answers. Raises OSError."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: socket.getaddrinfo(host, port, **options))

    async def getnameinfo(self, address: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
        """What socket.getnameinfo answers. Raises OSError."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: socket.getnameinfo(address, flags))

    async def close(self) -> None:
        """Waits for nobody."""
        self._executor.shutdown(wait=False, cancel_futures=True)
