"""What a remote's answer to a push means, whatever the channel."""

from datetime import datetime
from http import HTTPStatus

from sokbo.domain.delivery import Outcome, Verdict
from sokbo.net.client import RemoteResponse
from workers.channels.retry_after import seconds_until


def judge(answer: RemoteResponse, now: datetime) -> Outcome:
    """2xx acknowledges and 410 disables; everything else is tried again, client errors too: often a deploy gone wrong."""
    if 200 <= answer.status < 300:
        return Outcome(Verdict.ACKNOWLEDGED, answer.duration_seconds, answer.status)
    return Outcome(
        Verdict.DISABLE if answer.status == HTTPStatus.GONE else Verdict.RETRY,
        answer.duration_seconds,
        answer.status,
        detail=answer.excerpt,
        retry_after_seconds=seconds_until(answer.headers.get("Retry-After"), now),
    )
