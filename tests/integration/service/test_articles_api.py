"""/v1/articles over HTTP: what was got can be put back."""

import asyncio
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


SCHEDULED = {"title": "t", "markdown": "x", "published_at": "2099-01-01T00:00:00Z"}


async def posted(edge: Edge, fields: dict[str, Any]) -> dict[str, Any]:
    article: dict[str, Any] = orjson.loads((await ask(edge, "POST", "", orjson.dumps(fields))).body)
    return article


async def ask(edge: Edge, method: str, path: str, body: bytes = b"") -> Reply:
    head = (
        f"{method} /v1/articles{path} HTTP/1.1",
        f"Authorization: Bearer {edge.key}",
        "If-Match: *" if method == "PATCH" else "X: y",
    )
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


@pytest.mark.parametrize(("method", "fields"), [("PATCH", {"published_at": None}), ("PUT", {"title": "t", "markdown": "x"})])
async def test_scheduled_article_that_loses_its_hour_is_published(edge: Edge, method: str, fields: dict[str, Any]) -> None:
    article = await posted(edge, SCHEDULED)
    changed = orjson.loads((await ask(edge, method, f"/{article['id']}", orjson.dumps(fields))).body)
    assert (article["state"], changed["state"], changed["revision"]) == ("scheduled", "published", 2)
    assert changed["published_at"] == changed["modified_at"] < SCHEDULED["published_at"]


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("PATCH", {"title": "new"}),
        ("PATCH", {"published_at": "2099-01-01T00:00:00Z"}),
        ("PUT", {"published_at": "2099-01-01T00:00:00Z"}),
    ],
)
async def test_scheduled_article_that_keeps_its_hour_stays_scheduled(edge: Edge, method: str, fields: dict[str, Any]) -> None:
    article = await posted(edge, SCHEDULED)
    body = fields if method == "PATCH" else SCHEDULED | fields
    changed = orjson.loads((await ask(edge, method, f"/{article['id']}", orjson.dumps(body))).body)
    assert (changed["state"], changed["published_at"]) == ("scheduled", article["published_at"])


async def test_withdrawn_scheduled_article_bears_the_time_of_its_withdrawal(edge: Edge) -> None:
    article = await posted(edge, SCHEDULED)
    withdrawn = orjson.loads((await ask(edge, "DELETE", f"/{article['id']}")).body)
    assert withdrawn["modified_at"] < article["published_at"] == withdrawn["published_at"]


async def test_answers_end_with_a_line_break(edge: Edge) -> None:
    for reply in (await ask(edge, "GET", "/x"), await edge.ask("GET /healthz HTTP/1.1")):
        assert reply.body.endswith(b"}\n")


#: Emphasis that never ends: a second's work for the parser, in a body of allowed size.
LONG = orjson.dumps({"title": "t", "markdown": "![" * 15_000})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_readers_are_answered_while_a_long_text_is_parsed(edge: Edge, method: str) -> None:
    path = f"/{orjson.loads((await ask(edge, 'POST', '', orjson.dumps({'title': 't', 'markdown': 'x'}))).body)['id']}"
    if method == "PATCH":
        head = (f"PATCH /v1/articles{path} HTTP/1.1", f"Authorization: Bearer {edge.key}", 'If-Match: "1"')
        posting = asyncio.create_task(
            edge.ask(*head, "Content-Type: application/json", f"Content-Length: {len(LONG)}", body=LONG)
        )
    else:
        posting = asyncio.create_task(ask(edge, method, "" if method == "POST" else path, LONG))
    answered = 0
    while not posting.done():
        assert (await edge.ask("GET /healthz HTTP/1.1")).status == 200
        answered += 1
    assert (await posting).status in {200, 201}
    assert answered > 3


async def test_patch_of_an_older_revision_is_refused_before_its_body_is_looked_at(edge: Edge) -> None:
    path = f"/{orjson.loads((await ask(edge, 'POST', '', orjson.dumps({'title': 't', 'markdown': 'x'}))).body)['id']}"
    body = orjson.dumps({"title": 7})
    for revision, status in (("2", 412), ("1", 422)):
        head = (f"PATCH /v1/articles{path} HTTP/1.1", f"Authorization: Bearer {edge.key}", f'If-Match: "{revision}"')
        reply = await edge.ask(*head, "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)
        assert reply.status == status


async def conditional(edge: Edge, method: str, path: str, *conditions: str) -> Reply:
    body = orjson.dumps({"title": "u", "markdown": "x"})
    head = (f"{method} /v1/articles{path} HTTP/1.1", f"Authorization: Bearer {edge.key}", *conditions)
    return await edge.ask(*head, "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tags", ['"abc"', 'W/"abc"', '""', '"7", "x,y"', '"01"', '"5d41402abc4b2a76b9719d911017c592"'])
async def test_tag_that_names_no_revision_is_a_condition_that_is_false(edge: Edge, method: str, tags: str) -> None:
    path = f"/{(await posted(edge, {'title': 't', 'markdown': 'x'}))['id']}"
    reply = await conditional(edge, method, path, f"If-Match: {tags}")
    assert (reply.status, reply.headers.get("etag")) == (412, '"1"')
    assert orjson.loads(reply.body)["code"] == "precondition_failed"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tags", ["abc", '"1', '1"', '"1" "2"', '"1"; "2"', '*, "1"', "", ",", 'w/"1"'])
async def test_condition_that_is_no_list_of_tags_is_a_bad_request(edge: Edge, method: str, tags: str) -> None:
    path = f"/{(await posted(edge, {'title': 't', 'markdown': 'x'}))['id']}"
    reply = await conditional(edge, method, path, f"If-Match: {tags}")
    assert (reply.status, orjson.loads(reply.body)["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "conditions",
    [
        ('If-Match: "1"',),
        ('If-Match: W/"1"',),
        ("If-Match: 1",),
        ("If-Match: *",),
        ('If-Match: "abc" ,, "1"',),
        ('If-Match: "7"', 'If-Match: "1"'),
    ],
)
async def test_one_tag_that_names_the_revision_is_enough(edge: Edge, conditions: tuple[str, ...]) -> None:
    path = f"/{(await posted(edge, {'title': 't', 'markdown': 'x'}))['id']}"
    reply = await conditional(edge, "PATCH", path, *conditions)
    assert (reply.status, orjson.loads(reply.body)["revision"]) == (200, 2)


async def test_two_idempotency_keys_are_refused(edge: Edge) -> None:
    body = orjson.dumps({"title": "t", "markdown": "x"})
    head = ("POST /v1/articles HTTP/1.1", f"Authorization: Bearer {edge.key}", "Idempotency-Key: a", "Idempotency-Key: b")
    reply = await edge.ask(*head, "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)
    assert reply.status == 400
    assert b"one Idempotency-Key" in reply.body


@pytest.mark.parametrize(
    ("method", "fields"), [("PUT", {"title": "u", "markdown": "y"}), ("PATCH", {"title": "u"}), ("DELETE", {})]
)
async def test_change_has_no_dry_run_and_is_not_made_as_if_it_had(edge: Edge, method: str, fields: dict[str, Any]) -> None:
    article = await posted(edge, {"title": "t", "markdown": "x"})
    refused = await ask(edge, method, f"/{article['id']}?dry_run=true", orjson.dumps(fields))
    assert refused.status == 422
    assert orjson.loads(refused.body)["errors"] == [
        {"field": "dry_run", "rule": "is no parameter of this request, which takes none", "code": "unknown_field"}
    ]
    now = orjson.loads((await ask(edge, "GET", f"/{article['id']}")).body)
    assert (now["revision"], now["state"], now["title"]) == (1, "published", "t")
