"""Problem details (RFC 9457): what every error is answered with, also where there is no request that could be answered."""

import orjson

from sokbo.errors import SokboError

PROBLEM = "application/problem+json"
#: The detail of a 404 for an address; whoever asks for an object by its id is told what there isn't.
NOTHING_HERE = "there is nothing at this address"


def details(error: SokboError, request_id: str | None = None) -> bytes:
    """The body. `errors` names each field and the rule that it breaks; without a request there is no id."""
    body: dict[str, object] = {
        "type": f"urn:sokbo:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": _encodable(error.message),
        "code": error.code,
    }
    if request_id is not None:
        body["request_id"] = request_id
    if error.errors:
        body["errors"] = [
            {"field": _encodable(each.field), "rule": _encodable(each.rule), "code": each.code} for each in error.errors
        ]
    return orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)


def _encodable(text: str) -> str:
    """It may quote a header or a name that isn't UTF-8."""
    return text.encode(errors="replace").decode()
