import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PREAMBLE = """
import logging, structlog
from sokbo.logs import configure
configure("info", "service")
log = structlog.get_logger("sokbo")
"""


def logged(script: str) -> list[dict[str, Any]]:
    ended = subprocess.run([sys.executable, "-c", PREAMBLE + script], capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_event_carries_its_context_its_process_and_the_time_in_utc() -> None:
    [event] = logged("structlog.contextvars.bind_contextvars(request_id='r1')\nlog.info('delivery_sent', title='속보')")

    assert datetime.fromisoformat(event.pop("timestamp")).utcoffset() == timedelta(0)
    assert event == {"event": "delivery_sent", "level": "info", "process": "service", "request_id": "r1", "title": "속보"}


def test_level_below_is_silent_and_libraries_speak_the_same_language() -> None:
    [event] = logged("log.debug('x')\nlogging.getLogger('celery').debug('y')\nlogging.getLogger('celery').warning('lost %s', 3)")

    assert (event["event"], event["level"], event["process"]) == ("lost 3", "warning", "service")


def test_exception_is_in_its_own_line() -> None:
    [event] = logged("try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('render_failed')")

    assert event["event"] == "render_failed"
    assert event["exception"].endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("call", "secret"),
    [
        ("log.info('x', authorization='Bearer abc')", "abc"),
        ("log.info('x', secret='abc')", "abc"),
        ("log.info('x', detail='key sokbo_0123456789abcdef0123')", "0123456789abcdef"),
        ("log.info('x', headers={'A': 'Bearer 0123456789abcdef0123'})", "0123456789abcdef"),
        ("log.info('x', url='postgresql://sokbo:hunter2@db/sokbo')", "hunter2"),
        ("logging.getLogger('celery').error('redis://:hunter2@broker/0')", "hunter2"),
        ("logging.getLogger('a').error('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')", "MfKQ9r8"),
        (
            "try:\n    raise ValueError('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')\nexcept ValueError:\n    log.exception('x')",
            "UPD8ILPZ",
        ),
    ],
)
def test_secret_is_never_written(call: str, secret: str) -> None:
    [event] = logged(call)

    assert secret not in json.dumps(event)
    assert "***" in json.dumps(event)


def test_full_disk_costs_lines_of_the_log_and_nothing_else() -> None:
    script = "for number in range(1000):\n    log.info('sent')\n    logging.getLogger('celery').warning('lost')\nprint('done')"
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", PREAMBLE + script], stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert ended.stdout == "done\n"
