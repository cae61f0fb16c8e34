"""Logs: one JSON object per line on stderr, ours and the libraries' alike, with what is bound to the context, without secrets."""

import logging
import re
import sys
from contextlib import suppress
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "***"
SECRET_FIELDS = frozenset({"api_key", "authorization", "cookie", "key", "password", "secret", "secret_key", "token"})
#: API keys, webhook secrets, bearer tokens, and passwords in URLs, wherever they stand in a line.
SECRET_TEXT = re.compile(r"\b(?:sokbo_|whsec_|whsk_|Bearer )[\w+/=.-]{16,}|(?<=://)[^/@\s:\"]*:[^/@\s\"]+(?=@)")


class Unfailing:
    """A stream that never raises: a full disk may cost lines of the log, but not the work that they tell of."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure(level: str, process_name: str) -> None:
    """Sends structlog's and the standard library's records of `level` (debug, info, ...) and above to stderr.

    Each has `timestamp` (UTC, ISO 8601), `level`, `process` and `event`. Replaces the root logger's handlers.
    """

    def add_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process_name
        return event

    begin: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_process,
    ]
    finish: list[Processor] = [structlog.processors.format_exc_info, hide_secret_fields, render_without_secrets]
    stream = Unfailing(sys.stderr)
    # Ours go straight to the stream: through the standard library each line would cost five times as much.
    structlog.configure(
        processors=[*begin, *finish],
        logger_factory=structlog.WriteLoggerFactory(stream),  # type: ignore[arg-type]  # it asks for no more than write and flush
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*begin, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)


def hide_secret_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event with the values of the fields that are secret by name hidden."""
    return {name: HIDDEN if name.lower() in SECRET_FIELDS else value for name, value in event.items()}


def render_without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """The event as a line of JSON with everything hidden in it that looks like a secret; it stays JSON."""
    return SECRET_TEXT.sub(HIDDEN, orjson.dumps(event, default=repr).decode())
