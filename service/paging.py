"""Lists are paged by cursor: `after` says where the page before ended, `limit` how many items are wanted."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiohttp import web

from service.json_http import unknown_parameters
from sokbo.errors import FieldError, Invalid

DEFAULT_PAGE = 50
MAX_PAGE = 200

_LIMIT = re.compile(r"[0-9]{1,3}")


def read_page(
    request: web.Request, is_cursor: Callable[[str], bool], others: Collection[str] = (), most: int = MAX_PAGE
) -> tuple[str, int]:
    """The cursor, empty for the first page, and the number of items that the query asks for. Raises Invalid, also for a
    parameter that isn't among the `others` which the caller reads."""
    errors = unknown_parameters(request, ("after", "limit", *others))
    after, limit = request.query.get("after", ""), request.query.get("limit", str(min(DEFAULT_PAGE, most)))
    if after and not is_cursor(after):
        errors.append(FieldError("after", "must be what the page before gave as next"))
    if not (_LIMIT.fullmatch(limit) and 1 <= int(limit) <= most):
        errors.append(FieldError("limit", f"must be a number from 1 to {most}"))
    if errors:
        raise Invalid(*errors)
    return after, int(limit)


def page_of(items: Sequence[Mapping[str, Any]], *, has_more: bool, cursor: str = "id") -> dict[str, Any]:
    """The answer: the items, and as `next` the last one's `cursor`, None if nothing follows."""
    return {"items": items, "next": items[-1][cursor] if has_more else None}
