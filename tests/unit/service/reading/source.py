"""A small world of documents, held in memory, for what reads them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from service.prepared import Loaded
from sokbo.domain.compression import piece
from sokbo.domain.document import BREAKING_STRIP_PATH, Document
from sokbo.domain.ids import SiteId

SITE = SiteId(1)
MODIFIED = datetime(2026, 3, 1, 9, 30, 15, 250_000, tzinfo=UTC)


class MemorySource:
    """Documents by site and path. `loads` are the paths asked for, `questions` the versions; the first load sets `asked`; `gate`
    holds them up while clear."""

    def __init__(self) -> None:
        self.documents: dict[tuple[SiteId, str], Loaded] = {}
        self.loads: list[str] = []
        self.questions: list[int] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.version = 0

    async def load(self, site_id: SiteId, path: str) -> Loaded | None:
        self.loads.append(path)
        self.asked.set()
        found = self.documents.get((site_id, path))
        await self.gate.wait()
        return found

    async def versions(self) -> Mapping[SiteId, int]:
        return {SITE: self.version}

    async def changed_since(self, site_id: SiteId, version: int) -> Sequence[str]:
        self.questions.append(version)
        return [path for (site, path), held in self.documents.items() if site == site_id and held.document.version > version]

    def put(
        self,
        path: str,
        body: bytes,
        *,
        entries: Sequence[bytes] = (),
        closing: bytes | None = None,
        status: int = 200,
        canonical_path: str | None = None,
        headers: dict[str, str] | None = None,
        modified: datetime = MODIFIED,
    ) -> None:
        """Stores a document whose ETag is `v` and its version."""
        self.version += 1
        document = Document(
            site_id=SITE,
            path=path,
            media_type="text/html; charset=utf-8",
            etag=f"v{self.version}",
            last_modified=modified,
            head=piece(body),
            separator=piece(b","),
            tail=piece(b"</end>"),
            closing=None if closing is None else piece(closing),
            fragments=tuple(range(len(entries))),
            status=status,
            canonical_path=canonical_path,
            version=self.version,
            headers=headers or {},
        )
        self.documents[SITE, path] = Loaded(document, tuple(piece(entry) for entry in entries))

    def put_strip(self, body: bytes, modified: datetime = MODIFIED) -> None:
        self.put(BREAKING_STRIP_PATH, body, modified=modified)
