"""The edge of every request: its id, its measure, and problem+json (RFC 9457) for whatever is raised."""

import time
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from service.http_protocol import SlowBody
from service.json_http import REQUEST_ID
from service.metrics import Metrics
from service.private_feeds import without_token
from service.problems import NOTHING_HERE, PROBLEM, details
from sokbo.domain.ids import new_id
from sokbo.errors import BadRequest, MethodNotAllowed, NotFound, RequestTimeout, SokboError, TooLarge

log = structlog.get_logger()


def edge(metrics: Metrics) -> Middleware:
    """The one middleware: nothing raised passes it, and no answer shows a trace."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        request[REQUEST_ID] = request_id = new_id("req")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = await _answer(request, handler)
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers["Server"] = "Sokbo"
        metrics.requests.labels(request.method, response.status).observe(time.perf_counter() - started)
        return response

    return handle


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except SokboError as error:
        tell_operator(request, error)
        return problem(error, request[REQUEST_ID])
    except web.HTTPRequestEntityTooLarge:
        return problem(TooLarge(f"the body must have at most {request.client_max_size} bytes"), request[REQUEST_ID])
    except web.HTTPMethodNotAllowed as error:
        allowed = {"Allow": ", ".join(sorted(error.allowed_methods))}
        return problem(MethodNotAllowed(f"{request.method} is not allowed here", headers=allowed), request[REQUEST_ID])
    except web.HTTPNotFound:
        return problem(NotFound(NOTHING_HERE), request[REQUEST_ID])
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return problem(BadRequest(error.reason), request[REQUEST_ID])
    except SlowBody:
        return problem(RequestTimeout("the body came too slowly"), request[REQUEST_ID])
    except (web.RequestPayloadError, ConnectionResetError):  # the latter of a sender who has gone, and won't see this
        return problem(BadRequest("the body ended early or was not sent as its headers say"), request[REQUEST_ID])
    except Exception:  # the edge: whatever it is, the client learns no more than that
        log.exception("request_failed", method=request.method, path=without_token(request.path))
        return problem(SokboError("something went wrong on our side"), request[REQUEST_ID])


def tell_operator(request: web.Request, error: SokboError) -> None:
    """Logs what is not the client's fault, with a reason that the client isn't told."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_not_served", method=request.method, path=without_token(request.path), reason=error.full_message)


def problem(error: SokboError, request_id: str) -> web.Response:
    """The error as problem details."""
    headers = {**error.headers, "Cache-Control": "no-store"}
    return web.Response(status=error.status, body=details(error, request_id), content_type=PROBLEM, headers=headers)
