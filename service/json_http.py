"""JSON out, and the few things that several routes read from a request."""

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from aiohttp import hdrs, web

from service.bodies import read_body
from service.decoding import decoded, json_object
from service.ingest.text_gate import admit
from service.negotiation import field
from service.parsing import SHORT_BYTES
from sokbo.errors import BadRequest, FieldError, Invalid, UnsupportedMediaType

#: The id that a request has in its answer and in all logs.
REQUEST_ID = web.RequestKey("request_id", str)

JSON_TYPES = ("application/json",)
#: A merge patch (RFC 7396), under its own name or as plain JSON.
MERGE_PATCH_TYPES = ("application/merge-patch+json", *JSON_TYPES)

_TAG = r'(?:W/)?"[^\x00-\x20"\x7f]*"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_BARE_REVISION = re.compile(r"[0-9]{1,9}")


def json_response(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`data` as JSON, never stored by caches: it is for the holder of a key."""
    return web.Response(
        status=status,
        body=orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE),
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def asked_host(request: web.Request) -> str:
    """The host that the request is for, with its port: that of a target in absolute form (RFC 9112 section 3.2.2), whatever Host
    says; empty without either."""
    if "://" in request.raw_path and not request.raw_path.startswith("/"):
        return request.url.host_port_subcomponent or ""
    return request.headers.get("Host", "")


def if_match(request: web.Request) -> frozenset[str] | None:
    """The tags that If-Match lists (RFC 9110 section 13.1.1), quoted; None without the header or for `*`. Weak ones count as
    strong, since proxies that compress weaken ours; a revision's number may come without its quotes.

    Raises BadRequest for what is no list of tags.
    """
    value = field(request.headers, "If-Match")
    if value is None or value.strip() == "*":
        return None
    value = value.strip()
    if _BARE_REVISION.fullmatch(value):
        return frozenset({f'"{value}"'})
    if not _TAGS.fullmatch(value):
        raise BadRequest('If-Match must be the tag of a revision, such as "3", or a list of tags')
    return frozenset(tag.removeprefix("W/") for tag in re.findall(_TAG, value))


def unknown_parameters(request: web.Request, known: Collection[str] = ()) -> list[FieldError]:
    """An error for each parameter of the query that isn't known: who means to try something would have it done."""
    taken = f"takes {', '.join(known)} alone" if known else "takes none"
    rule = f"is no parameter of this request, which {taken}"
    return [FieldError(name[:80], rule, "unknown_field") for name in sorted(request.query.keys() - {*known})]


def refuse_parameters(request: web.Request, but: Collection[str] = ()) -> None:
    """Raises Invalid if the query has other parameters."""
    if errors := unknown_parameters(request, but):
        raise Invalid(*errors)


def require_type(request: web.Request, types: Collection[str]) -> None:
    """Raises UnsupportedMediaType, with the types that are taken, if the body is of none of them."""
    if request.content_type not in types:
        name = "Accept-Patch" if request.method == hdrs.METH_PATCH else "Accept-Post"
        raise UnsupportedMediaType(f"the body must be {' or '.join(types)}", headers={name: ", ".join(types)})


async def json_body(request: web.Request, types: Collection[str] = JSON_TYPES) -> dict[str, Any]:
    """The body's members. Raises UnsupportedMediaType, TooLarge, BadRequest for what isn't one JSON object, and Invalid for what
    passes no gate for text."""
    require_type(request, types)
    body = await read_body(request)
    return _members(body) if len(body) <= SHORT_BYTES else await asyncio.to_thread(_members, body)


def _members(body: bytes) -> dict[str, Any]:
    errors: list[FieldError] = []
    members: dict[str, Any] = admit(json_object(decoded(body)), errors)
    if errors:
        raise Invalid(*errors)
    return members
