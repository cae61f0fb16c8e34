"""The WebSub channel: a topic's content, whole, by POST to whoever is subscribed to it (W3C WebSub section 7)."""

import hmac

from sokbo.domain.delivery import Outcome, Verdict
from sokbo.domain.subscription import CHANNEL
from sokbo.net.client import GuardedClient, RemoteFailure
from workers.channels.job import PushJob, TopicContent
from workers.channels.judging import judge

name = CHANNEL


async def push(client: GuardedClient, job: PushJob) -> Outcome:
    """What one POST to the callback came to."""
    content = job.content
    if content is None:
        raise ValueError("the job is no subscriber's")
    try:
        answer = await client.post(job.addressee.url, content.body, _headers(content, job.secrets))
    except RemoteFailure as failure:
        return Outcome(Verdict.RETRY, failure.duration_seconds, detail=str(failure))
    return judge(answer, job.now)


def _headers(content: TopicContent, secrets: tuple[str, ...]) -> dict[str, str]:
    """Nothing of the topic's own headers but its type (section 7); signed if the subscriber has named a secret (section 8)."""
    headers = {
        "Content-Type": content.media_type,
        "Link": f'<{content.hub}>; rel="hub", <{content.topic}>; rel="self"',
    }
    if secrets and secrets[0]:
        signature = hmac.digest(secrets[0].encode(), content.body, content.signature).hex()
        headers["X-Hub-Signature"] = f"{content.signature}={signature}"
    return headers
