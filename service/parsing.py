"""Parses what publishers send. Prose takes some 5 ms for 100 kB, but Markdown can be written that takes 2.7 s. So long bodies are
parsed in a thread, one at a time: the loop goes on answering readers meanwhile, if a little slower."""

import asyncio
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from service import ingest
from sokbo.domain.article import Article, Draft
from sokbo.domain.site import Site

#: A body up to here takes a millisecond at the most if it is an article, and a quarter of a second if it was made to take long;
#: unless it has a table, whose rows are filled up to as many cells as its head has.
SHORT_BYTES = 8192
_TABLE = re.compile(rb"\||\\u007c", re.IGNORECASE)

P = ParamSpec("P")
T = TypeVar("T")


class Parser:
    """One for all requests of the process; `parse` and `merge` raise what those of `ingest` raise."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def parse(self, content_type: str, body: bytes, site: Site) -> Draft:
        """The article that the body holds."""
        return await self._do(body, ingest.parse, content_type, body, site)

    async def merge(self, article: Article, body: bytes, site: Site) -> Draft:
        """The article as the JSON merge patch changes it."""
        return await self._do(body, ingest.merge, article, body, site)

    async def _do(self, body: bytes, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if len(body) <= SHORT_BYTES and not _TABLE.search(body):
            return work(*args, **kwargs)
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)
