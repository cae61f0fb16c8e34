"""Everything that Sokbo can answer with other than success.

SokboError
├── BadRequest            400  bad_request          the request itself makes no sense
├── Unauthorized          401  unauthorized         no key, or one that is not known
├── Forbidden             403  forbidden            the key lacks a scope
├── NotFound              404  not_found            nothing here, or nothing of this site's
├── MethodNotAllowed      405  method_not_allowed
├── RequestTimeout        408  request_timeout      the head or the body came too slowly
├── Conflict              409  conflict             e.g. an external_id that is taken
├── Gone                  410  gone                 the article is withdrawn
├── PreconditionFailed      412  precondition_failed    If-Match names other revisions, or none
├── TooLarge              413  too_large
├── UnsupportedMediaType  415  unsupported_media_type
├── Invalid               422  invalid              a field breaks a rule; the field and the rule are named
├── IdempotencyMismatch   422  idempotency_mismatch another body came under the same Idempotency-Key
├── PreconditionRequired      428  precondition_required    PATCH without If-Match
├── RateLimited           429  rate_limited
├── HeadTooLong           431  head_too_long        the request's target, or one of its header fields
├── Unavailable           503  unavailable          it can't be done right now; try again
└── StartupError          -    startup              a command can't start; one clear line for the terminal
"""

from dataclasses import dataclass, replace
from typing import ClassVar

#: No more broken rules are told at once, and no more of each field's name: what is wrong with 1 MB needn't be said in 20.
MAX_ERRORS = 100
MAX_FIELD_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule: `field` as the sender wrote it (dotted path), `rule` as a sentence, `code` for programs."""

    field: str
    rule: str
    code: str = "invalid"


class SokboError(Exception):
    """The root. `message` is public; `full_message` is for operators; `headers` go out with the answer."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, message: str, *, errors: tuple[FieldError, ...] = (), headers: dict[str, str] | None = None):
        super().__init__(message)
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    @property
    def full_message(self) -> str:
        """The message, with what callers aren't told."""
        return self.message


class BadRequest(SokboError):
    code, status, title = "bad_request", 400, "Bad request"


class Unauthorized(SokboError):
    code, status, title = "unauthorized", 401, "Unauthorized"


class Forbidden(SokboError):
    code, status, title = "forbidden", 403, "Forbidden"


class NotFound(SokboError):
    code, status, title = "not_found", 404, "Not found"


class MethodNotAllowed(SokboError):
    code, status, title = "method_not_allowed", 405, "Method not allowed"


class RequestTimeout(SokboError):
    code, status, title = "request_timeout", 408, "Request timeout"


class Conflict(SokboError):
    code, status, title = "conflict", 409, "Conflict"


class Gone(SokboError):
    code, status, title = "gone", 410, "Gone"


class PreconditionFailed(SokboError):
    code, status, title = "precondition_failed", 412, "Revision mismatch"


class TooLarge(SokboError):
    code, status, title = "too_large", 413, "Too large"


class UnsupportedMediaType(SokboError):
    code, status, title = "unsupported_media_type", 415, "Unsupported media type"


class Invalid(SokboError):
    """Input that breaks a rule: every broken rule is in `errors`, up to the first hundred."""

    code, status, title = "invalid", 422, "Invalid input"

    def __init__(self, *errors: FieldError):
        told = tuple(replace(error, field=error.field[:MAX_FIELD_CHARACTERS]) for error in errors[:MAX_ERRORS])
        super().__init__("; ".join(f"{error.field}: {error.rule}" for error in told), errors=told)


class IdempotencyMismatch(SokboError):
    code, status, title = "idempotency_mismatch", 422, "Idempotency-Key reused"


class PreconditionRequired(SokboError):
    code, status, title = "precondition_required", 428, "If-Match required"


class RateLimited(SokboError):
    code, status, title = "rate_limited", 429, "Too many requests"


class HeadTooLong(SokboError):
    code, status, title = "head_too_long", 431, "Request head too long"


class Unavailable(SokboError):
    code, status, title = "unavailable", 503, "Try again later"


class StartupError(SokboError):
    """A command that can't start; the message is one line for the terminal."""

    code, title = "startup", "Can't start"
