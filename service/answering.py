"""JSON out, and the few things that several routes read from a request."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from aiohttp import web

from service.bodies import read_body
from sokbo.errors import BadRequest, UnsupportedMediaType

#: The id that a request has in its answer and in all logs.
REQUEST_ID = web.RequestKey("request_id", str)

_REVISION = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def json_response(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`data` as JSON, never stored by caches: it is for the holder of a key."""
    return web.Response(
        status=status,
        body=orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE),
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def if_match(request: web.Request) -> int | None:
    """The revision that If-Match names (RFC 9110 section 13.1.1); None without the header or for `*`.

    Raises BadRequest for anything else.
    """
    value = request.headers.get("If-Match", "*").strip()
    if value == "*":
        return None
    match = _REVISION.fullmatch(value)
    if match is None:
        raise BadRequest('If-Match must name one revision, such as "3"')
    return int(match[1])


async def json_object(request: web.Request, types: Collection[str]) -> dict[str, Any]:
    """The body's members. Raises UnsupportedMediaType, and BadRequest if it isn't one JSON object."""
    if request.content_type not in types:
        raise UnsupportedMediaType(f"the body must be {' or '.join(types)}", headers={"Accept": ", ".join(types)})
    try:
        value = orjson.loads(await read_body(request))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return value
