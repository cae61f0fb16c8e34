import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from sokbo.domain.delivery import Verdict
from sokbo.net.client import GuardedClient
from sokbo.net.signing import new_key
from tests.integration.net import remotes
from tests.integration.net.conftest import Serve
from tests.integration.net.remotes import Remote
from tests.unit.workers.channels.jobs import NOW, job
from workers.channels import webhook


async def test_partner_verifies_the_push_with_the_public_library(client: GuardedClient, serve: Serve) -> None:
    remote, old, new, now = Remote(), new_key(), new_key(), datetime.now(UTC)
    outcome = await webhook.push(client, job(await serve(remote), new, old, now=now))
    assert (outcome.verdict, outcome.status, outcome.detail) == (Verdict.ACKNOWLEDGED, 200, "")
    [(headers, body)] = remote.requests
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)["type"] == "breaking.started"
    assert headers["webhook-id"] == "dlv_1"
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert headers["content-type"] == "application/json"


async def test_each_attempt_has_the_same_id_and_its_own_time(client: GuardedClient, serve: Serve) -> None:
    remote, secret = Remote(), new_key()
    url = await serve(remote)
    for now in (NOW, NOW.replace(minute=59)):
        await webhook.push(client, job(url, secret, now=now))
    first, second = (headers for headers, _ in remote.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]
    assert json.loads(remote.requests[0][1]) == json.loads(remote.requests[1][1])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ACKNOWLEDGED),
        (201, Verdict.ACKNOWLEDGED),
        (202, Verdict.ACKNOWLEDGED),
        (204, Verdict.ACKNOWLEDGED),
        (299, Verdict.ACKNOWLEDGED),
        (301, Verdict.RETRY),
        (304, Verdict.RETRY),
        (307, Verdict.RETRY),
        (400, Verdict.RETRY),
        (401, Verdict.RETRY),
        (404, Verdict.RETRY),
        (408, Verdict.RETRY),
        (410, Verdict.DISABLE),
        (425, Verdict.RETRY),
        (429, Verdict.RETRY),
        (500, Verdict.RETRY),
        (503, Verdict.RETRY),
        (599, Verdict.RETRY),
    ],
)
async def test_status_decides_the_verdict(client: GuardedClient, serve: Serve, status: int, verdict: Verdict) -> None:
    remote = Remote(b"HTTP/1.1 %d Status\r\nContent-Length: 0\r\n\r\n" % status)
    outcome = await webhook.push(client, job(await serve(remote), new_key()))
    assert (outcome.verdict, outcome.status) == (verdict, status)


@pytest.mark.parametrize("value", [b"120", b"Mon, 02 Mar 2026 09:32:15 GMT"])
async def test_retry_after_and_the_remotes_words_are_passed_on(client: GuardedClient, serve: Serve, value: bytes) -> None:
    remote = Remote(b"HTTP/1.1 503 Busy\r\nRetry-After: %b\r\nContent-Length: 4\r\n\r\nbusy" % value)
    outcome = await webhook.push(client, job(await serve(remote), new_key()))
    assert (outcome.verdict, outcome.retry_after_seconds, outcome.detail) == (Verdict.RETRY, 120, "busy")


async def test_network_fault_retries_with_its_reason(client: GuardedClient, serve: Serve) -> None:
    outcome = await webhook.push(client, job(await serve(remotes.hang_up), new_key()))
    assert (outcome.verdict, outcome.status, outcome.detail) == (Verdict.RETRY, None, "disconnected")
