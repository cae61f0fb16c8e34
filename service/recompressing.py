"""Brotli, Zstandard, and gzip of the whole: made once for a document that stays, between requests and never in one.

A feed that changes with every article of a busy minute goes on as gzip of pieces that the workers have compressed.
"""

import asyncio
import gzip
import time
from collections.abc import Mapping

import brotli
import zstandard

from service.document_cache import DocumentCache
from service.negotiation import Coding
from service.prepared import Prepared, with_codings

#: How long a document must have stood, and from what size on it is worth it.
SETTLED_SECONDS = 1.0
LEAST_BYTES = 1024
#: Each at most ten milliseconds for a feed of 100 kB, which then takes half of what it does in pieces; short entries, a quarter.
BROTLI_QUALITY = 5
ZSTD_LEVEL = 6
GZIP_LEVEL = 6


class Recompressor:
    """One document at a time, in a thread that leaves the interpreter to others while it compresses."""

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache
        self._wanted: dict[Prepared, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(1)

    def want(self, prepared: Prepared) -> None:
        """Has the document compressed further, unless it is new, small or done. Returns at once."""
        if prepared in self._wanted or Coding.BROTLI in prepared.representations:
            return
        if time.monotonic() - prepared.since < SETTLED_SECONDS or len(prepared.identity.body) < LEAST_BYTES:
            return
        self._wanted[prepared] = asyncio.create_task(self._recompress(prepared))

    async def _recompress(self, prepared: Prepared) -> None:
        try:
            async with self._turn:
                if self._cache.holds(prepared):
                    bodies = await asyncio.to_thread(_compress, prepared.identity.body)
                    self._cache.improve(prepared, with_codings(prepared, bodies))
        finally:
            del self._wanted[prepared]


def _compress(body: bytes) -> Mapping[Coding, bytes]:
    return {
        Coding.GZIP: gzip.compress(body, GZIP_LEVEL, mtime=0),
        Coding.BROTLI: brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
        Coding.ZSTD: zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(body),
    }
