"""The webhook channel: a signed POST by Standard Webhooks 1.0."""

from sokbo import payload
from sokbo.domain.delivery import Outcome, Verdict
from sokbo.net.client import GuardedClient, RemoteFailure
from sokbo.net.signing import sign
from workers.channels.job import PushJob
from workers.channels.judging import judge

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
    return judge(answer, job.now)


def _headers(job: PushJob, body: bytes) -> dict[str, str]:
    timestamp = int(job.now.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": job.delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(job.secrets, job.delivery_id, timestamp, body),
    }
