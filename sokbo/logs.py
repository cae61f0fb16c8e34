"""Logs: one JSON object per line on stderr, ours and the libraries' alike, with what is bound to the context, without secrets."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "***"
SECRET_FIELDS = frozenset({"api_key", "authorization", "cookie", "key", "password", "secret", "secret_key", "token"})
#: API keys, webhook secrets, bearer tokens, and passwords in URLs, wherever they stand in a line.
SECRET_TEXT = re.compile(r"\b(?:sokbo_|whsec_|whsk_|Bearer )[\w+/=.-]{16,}|(?<=://)[^/@\s:\"]*:[^/@\s\"]+(?=@)")

_to_json = structlog.processors.JSONRenderer(ensure_ascii=False)


def configure(level: str, process_name: str) -> None:
    """Sends structlog's and the standard library's records of `level` (debug, info, ...) and above to stderr.

    Each has `timestamp` (UTC, ISO 8601), `level`, `process` and `event`. Replaces the root logger's handlers.
    """

    def add_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process_name
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_process,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secret_fields,
                render_without_secrets,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)


def hide_secret_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event with the values of the fields that are secret by name hidden."""
    return {name: HIDDEN if name.lower() in SECRET_FIELDS else value for name, value in event.items()}


def render_without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """The event as a line of JSON with everything hidden in it that looks like a secret; it stays JSON."""
    return SECRET_TEXT.sub(HIDDEN, str(_to_json(logger, method, event)))
