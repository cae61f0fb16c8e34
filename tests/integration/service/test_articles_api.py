"""/v1/articles over HTTP: what was got can be put back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.integration.service.edge.running import Edge, whole_service
from tests.integration.service.reading.serving import Reply


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with whole_service(tmp_path) as running:
        yield running


async def ask(edge: Edge, method: str, path: str, body: bytes = b"") -> Reply:
    head = (f"{method} /v1/articles{path} HTTP/1.1", f"Authorization: Bearer {edge.key}")
    return await edge.ask(*head, "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "!!!", "content": "<p>a\u202eb</p>"},
        {"title": "t", "markdown": "*x* 1 < 2", "draft": True},
        {"title": "t", "markdown": "x", "breaking": True, "author": "Kim", "image": "/a.png", "correction_note": "n"},
        {"title": "t", "markdown": "x", "published_at": "2099-01-01T00:00:00Z", "language": "en", "extra": {"id": 1}},
    ],
)
async def test_what_was_got_can_be_put_back_and_changes_nothing(edge: Edge, fields: dict[str, Any]) -> None:
    path = f"/{orjson.loads((await ask(edge, 'POST', '', orjson.dumps(fields))).body)['id']}"
    got = await ask(edge, "GET", path)
    put = await ask(edge, "PUT", path, got.body)
    assert (put.status, orjson.loads(put.body)["revision"]) == (200, 1)
    assert (await ask(edge, "GET", path)).body == got.body


async def test_answers_end_with_a_line_break(edge: Edge) -> None:
    for reply in (await ask(edge, "GET", "/x"), await edge.ask("GET /healthz HTTP/1.1")):
        assert reply.body.endswith(b"}\n")
