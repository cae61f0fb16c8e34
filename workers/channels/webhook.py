"""The webhook channel: a signed POST by Standard Webhooks 1.0."""

from http import HTTPStatus

from sokbo import payload
from sokbo.domain.delivery import Outcome, Verdict
from sokbo.net.client import Answer, GuardedClient, RemoteFailure
from sokbo.net.signing import sign
from workers.channels.job import PushJob
from workers.channels.retry_after import seconds_until

name = "webhook"


async def push(client: GuardedClient, job: PushJob) -> Outcome:
    """What one POST to the partner's URL came to."""
    addressee = job.addressee
    if job.event is None or job.article is None:
        body = payload.render_ping(job.site, job.now)
    else:
        look = (addressee.content, addressee.rel)
        if look not in job.bodies:
            job.bodies[look] = payload.render(job.event, job.site, job.article, *look)
        body = job.bodies[look]
    try:
        answer = await client.post(addressee.url, body, _headers(job, body))
    except RemoteFailure as failure:
        return Outcome(Verdict.RETRY, failure.duration_seconds, detail=str(failure))
    return _judge(answer, job)


def _headers(job: PushJob, body: bytes) -> dict[str, str]:
    timestamp = int(job.now.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": job.delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(job.secrets, job.delivery_id, timestamp, body),
    }


def _judge(answer: Answer, job: PushJob) -> Outcome:
    """2xx acknowledges and 410 disables; everything else is tried again, client errors too: often a deploy gone wrong."""
    if 200 <= answer.status < 300:
        return Outcome(Verdict.ACKNOWLEDGED, answer.duration_seconds, answer.status)
    return Outcome(
        Verdict.DISABLE if answer.status == HTTPStatus.GONE else Verdict.RETRY,
        answer.duration_seconds,
        answer.status,
        detail=answer.excerpt,
        retry_after_seconds=seconds_until(answer.headers.get("Retry-After"), job.now),
    )
