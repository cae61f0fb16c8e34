"""A partner hears of what it asked for, signed, in order, and again when it failed."""

import re
import time

import orjson
import pytest
from standardwebhooks import WebhookVerificationError

from sokbo.net.signing import new_key
from tests.publisher import Publisher
from tests.receiver import Receiver, receiving
from tests.system import System
from tests.waiting import PROMPT_SECONDS, eventually


def test_breaking_link_reaches_the_partner_signed_at_once(publisher: Publisher, receiver: Receiver) -> None:
    partner = publisher.register(receiver.url, filter={"breaking_only": True}, rel="sponsored")
    publisher.post("조용한 소식")
    posted = time.monotonic()
    article = publisher.post("큰불", breaking=True, summary="요약", categories=["사회"])
    [push] = receiver.wait_for(1)
    assert time.monotonic() - posted < PROMPT_SECONDS

    payload = push.verified(partner["secret"])
    assert payload["type"] == "breaking.started"
    assert payload["data"]["article"]["url"] == article["url"]
    assert payload["data"]["article"]["summary"] == "요약"
    assert payload["data"]["html"] == f'<a href="{article["url"]}" rel="sponsored">큰불</a>'
    assert "content_html" not in payload["data"]["article"]
    assert push.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        push.verified(new_key())


def test_correction_and_withdrawal_reach_the_partner_in_order(publisher: Publisher, receiver: Receiver) -> None:
    publisher.register(receiver.url)
    article = publisher.post("하나", tags=["apec"])
    receiver.wait_for(1)
    publisher.send("PATCH", f"/articles/{article['id']}", {"correction_note": "고침"}, If_Match='"1"')
    receiver.wait_for(2)
    publisher.send("DELETE", f"/articles/{article['id']}")
    pushes = receiver.wait_for(3)
    assert [push.type for push in pushes] == ["article.published", "article.corrected", "article.withdrawn"]
    assert [push.data["sequence"] for push in pushes] == [1, 2, 3]
    assert pushes[1].data["article"]["correction_note"] == "고침"
    assert "하나" not in pushes[2].body.decode()


def test_failed_push_is_tried_again_under_the_same_id_until_it_arrives(publisher: Publisher, receiver: Receiver) -> None:
    receiver.statuses[:] = [500, 302, 404]
    receiver.headers["Location"] = f"{receiver.url}/elsewhere"
    partner = publisher.register(receiver.url)
    article = publisher.post("하나")
    pushes = receiver.wait_for(4)
    assert len({push.id for push in pushes}) == 1
    assert len({push.body for push in pushes}) == 1
    for push in pushes:
        push.verified(partner["secret"])

    def reach() -> dict[str, object] | None:
        [delivery] = publisher.send("GET", f"/articles/{article['id']}/deliveries").json["items"]
        return delivery if delivery["state"] == "acknowledged" else None

    delivery = eventually(reach)
    assert delivery is not None
    assert (delivery["attempts"], delivery["last_status"], delivery["partner_id"]) == (4, 204, partner["id"])
    assert isinstance(delivery["seconds"], float)
    assert len(receiver.pushes) == 4


def test_delivery_is_dead_when_its_schedule_is_over(publisher: Publisher, receiver: Receiver) -> None:
    receiver.statuses[:] = [500] * 20
    publisher.register(receiver.url)
    article = publisher.post("하나")
    path = f"/articles/{article['id']}/deliveries"
    eventually(lambda: [item["state"] for item in publisher.send("GET", path).json["items"]] == ["dead"])
    assert len(receiver.pushes) == 4


def test_partner_that_is_gone_hears_no_more(publisher: Publisher, receiver: Receiver) -> None:
    receiver.statuses[:] = [410]
    partner = publisher.register(receiver.url)
    publisher.post("하나")
    receiver.wait_for(1)
    eventually(lambda: publisher.send("GET", f"/partners/{partner['id']}").json["state"] == "disabled")
    with receiving() as other:
        publisher.register(other.url)
        publisher.post("둘")
        other.wait_for(1)
    assert len(receiver.pushes) == 1


def test_partner_that_hangs_delays_nobody(publisher: Publisher, receiver: Receiver) -> None:
    receiver.hanging = True
    for _ in range(3):
        publisher.register(receiver.url)
    with receiving() as healthy:
        publisher.register(healthy.url)
        for number in range(10):
            publisher.post(f"기사 {number}")
        assert len(healthy.wait_for(10, seconds=6)) == 10


def test_one_request_id_leads_from_the_post_to_the_push(system: System, publisher: Publisher, receiver: Receiver) -> None:
    publisher.register(receiver.url)
    answer = publisher.send("POST", "/articles", {"title": "하나", "markdown": "글", "breaking": True})
    receiver.wait_for(2)
    request_id = answer.headers["x-request-id"]

    def told(log: str) -> set[str]:
        return {orjson.loads(line)["event"] for line in system.log(log).splitlines() if request_id in line}

    assert told("service") == {"article_accepted"}
    eventually(lambda: "event_syndicated" in told("breaking"))
    eventually(lambda: "delivery_attempted" in told("breaking") | told("default"))  # the other worker's pump may have helped


@pytest.mark.parametrize("name", ["service", "default", "breaking"])
def test_log_is_lines_of_json(system: System, name: str) -> None:
    written, _, _ = system.log(name).rpartition("\n")
    assert all("event" in orjson.loads(line) for line in written.splitlines())


def test_no_log_holds_a_key_or_a_secret(system: System, publisher: Publisher, receiver: Receiver) -> None:
    receiver.statuses[:] = [500]
    partner = publisher.register(receiver.url)
    publisher.post("하나")
    receiver.wait_for(2)
    publisher.send("POST", "/articles", b"{")
    logs = system.log()
    for secret in (publisher.token, partner["secret"], partner["secret"].removeprefix("whsec_")):
        assert secret not in logs
    assert not re.search(r"sokbo_[\w-]{32}|whsec_", logs)


def test_private_addresses_are_refused_unless_they_are_opened(publisher: Publisher) -> None:
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/"):
        answer = publisher.send("POST", "/partners", {"name": "x", "url": url})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "url")
