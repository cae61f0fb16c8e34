"""Any WebSub subscriber can subscribe to any feed and is sent what it says when it changes."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.publisher import Publisher
from tests.receiver import Receiver
from tests.subscriber import Sent, Subscriber, post_form, subscribing
from tests.waiting import PROMPT_SECONDS, eventually

LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"')


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with subscribing("/callback?mine=1&mine=%32") as opened:
        yield opened


def links(header: str) -> dict[str, str]:
    """The targets by relation, each of which is there once."""
    found = LINK.findall(header)
    assert len({rel for _, rel in found}) == len(found)
    return {rel: target for target, rel in found}


def discover(publisher: Publisher, path: str) -> tuple[str, str]:
    """The hub and the topic, as a subscriber finds them (WebSub section 4)."""
    found = links(publisher.read(path).headers["link"])
    return found["hub"], found["self"]


def settled(publisher: Publisher, path: str, sent: list[Sent]) -> bool:
    return bool(sent) and sent[-1].body == publisher.read(path).body


@pytest.mark.parametrize("path", ["feed.rss", "feed.atom", "feed.json"])
def test_subscriber_is_sent_the_feed_as_it_is_whenever_it_changes(
    publisher: Publisher, subscriber: Subscriber, path: str
) -> None:
    publisher.post("먼저 있던 소식")
    publisher.await_text(path, "먼저 있던 소식")
    hub, topic = discover(publisher, path)
    assert topic == f"{publisher.site.base_url}/{path}"
    question = subscriber.subscribe(hub, topic, secret="비밀", lease_seconds="600")
    assert question.target.startswith("/callback?mine=1&mine=%32&hub.mode=subscribe&")
    assert (question.get("mode"), question.get("topic"), question.get("lease_seconds")) == ("subscribe", topic, "600")
    assert len(question.get("challenge")) >= 32

    posted = time.monotonic()
    article = publisher.post("새 소식")
    eventually(lambda: settled(publisher, path, subscriber.sent))
    assert time.monotonic() - posted < PROMPT_SECONDS
    [sent] = subscriber.sent
    answer = publisher.read(path)
    assert "새 소식" in answer.text
    assert sent.target == "/callback?mine=1&mine=%32"
    assert sent.headers["content-type"] == answer.headers["content-type"]
    assert links(sent.headers["link"]) == {"hub": hub, "self": topic}
    assert sent.is_signed_with("비밀")
    assert not sent.is_signed_with("other")
    assert not {"etag", "last-modified", "cache-control"} & sent.headers.keys()

    publisher.send("PATCH", f"/articles/{article['id']}", {"correction_note": "고침"}, If_Match='"1"')
    assert "고침" in subscriber.wait_for(2)[1].body.decode()
    publisher.send("DELETE", f"/articles/{article['id']}")
    assert "새 소식" not in subscriber.wait_for(3)[2].body.decode()


def test_subscriber_of_a_category_or_of_breaking_news_hears_of_that_alone(publisher: Publisher) -> None:
    publisher.post("하나", categories=["사회"])
    publisher.await_text("category/사회.atom", "하나")
    with subscribing() as category, subscribing() as breaking:
        category.subscribe(*discover(publisher, "category/사회.atom"))
        breaking.subscribe(*discover(publisher, "breaking.json"))
        publisher.post("둘", categories=["경제"])
        publisher.await_text("category/경제.atom", "둘")
        publisher.post("셋", categories=["사회"], breaking=True)
        assert "셋" in category.wait_for(1)[0].body.decode()
        assert "셋" in breaking.wait_for(1)[0].body.decode()
        assert (len(category.sent), len(breaking.sent)) == (1, 1)
        assert "x-hub-signature" not in category.sent[0].headers


def test_page_is_a_topic_whose_new_edition_is_sent(publisher: Publisher, subscriber: Subscriber) -> None:
    article = publisher.post("제목")
    path = article["url"].removeprefix(f"{publisher.site.base_url}/")
    publisher.await_text(path, "제목")
    subscriber.subscribe(*discover(publisher, path))
    publisher.send("PATCH", f"/articles/{article['id']}", {"markdown": "다른 본문"}, If_Match='"1"')
    [sent] = subscriber.wait_for(1)
    assert sent.headers["content-type"].startswith("text/html")
    assert "다른 본문" in sent.body.decode()


@pytest.mark.parametrize(("status", "challenge"), [(200, "wrong"), (200, ""), (404, None), (302, None), (500, None)], ids=str)
def test_whoever_does_not_confirm_is_not_subscribed(
    publisher: Publisher, subscriber: Subscriber, status: int, challenge: str | None
) -> None:
    subscriber.confirm_status, subscriber.challenge = status, challenge
    hub, topic = discover(publisher, "feed.atom")
    subscriber.subscribe(hub, topic)
    with subscribing() as other:
        other.subscribe(hub, topic)
        publisher.post("소식")
        other.wait_for(1)
    assert len(subscriber.questions) == 1
    assert not subscriber.sent


def test_nothing_is_sent_after_an_unsubscription(publisher: Publisher, subscriber: Subscriber) -> None:
    hub, topic = discover(publisher, "feed.atom")
    subscriber.subscribe(hub, topic)
    publisher.post("하나")
    subscriber.wait_for(1)
    question = subscriber.subscribe(hub, topic, mode="unsubscribe")
    assert question.get("mode") == "unsubscribe"
    with subscribing() as other:
        other.subscribe(hub, topic)
        publisher.post("둘")
        other.wait_for(1)
    assert len(subscriber.sent) == 1


def test_unsubscription_that_is_not_confirmed_changes_nothing(publisher: Publisher, subscriber: Subscriber) -> None:
    hub, topic = discover(publisher, "feed.atom")
    subscriber.subscribe(hub, topic)
    subscriber.challenge = "no"
    subscriber.subscribe(hub, topic, mode="unsubscribe")
    publisher.post("하나")
    subscriber.wait_for(1)


def test_renewal_replaces_the_secret_and_one_that_fails_does_not(publisher: Publisher, subscriber: Subscriber) -> None:
    hub, topic = discover(publisher, "feed.atom")
    subscriber.subscribe(hub, topic, secret="old")
    subscriber.subscribe(hub, topic, secret="new")
    subscriber.challenge = "no"
    subscriber.subscribe(hub, topic, secret="failed")
    publisher.post("하나")
    [sent] = subscriber.wait_for(1)
    assert sent.is_signed_with("new")

    subscriber.challenge = None
    subscriber.subscribe(hub, topic)
    publisher.post("둘")
    assert "x-hub-signature" not in subscriber.wait_for(2)[1].headers


def test_failed_delivery_is_tried_again_with_the_newest_content(publisher: Publisher, subscriber: Subscriber) -> None:
    subscriber.subscribe(*discover(publisher, "feed.atom"))
    subscriber.statuses[:] = [500, 302]
    publisher.post("하나")
    subscriber.wait_for(1)
    publisher.post("둘")
    publisher.await_text("feed.atom", "둘")
    eventually(lambda: not subscriber.statuses)  # both refusals are used up, and a retry follows
    eventually(lambda: settled(publisher, "feed.atom", subscriber.sent))
    assert "둘" in subscriber.sent[-1].body.decode()


def test_subscriber_who_is_gone_is_sent_nothing_more(publisher: Publisher, subscriber: Subscriber) -> None:
    hub, topic = discover(publisher, "feed.atom")
    subscriber.subscribe(hub, topic)
    subscriber.statuses[:] = [410]
    publisher.post("하나")
    subscriber.wait_for(1)
    with subscribing() as other:
        other.subscribe(hub, topic)
        publisher.post("둘")
        other.wait_for(1)
    assert len(subscriber.sent) == 1
    subscriber.subscribe(hub, topic)
    publisher.post("셋")
    subscriber.wait_for(2)


def test_whoever_is_subscribed_can_unsubscribe_from_what_is_gone(publisher: Publisher, subscriber: Subscriber) -> None:
    article = publisher.post("제목")
    path = article["url"].removeprefix(f"{publisher.site.base_url}/")
    publisher.await_text(path, "제목")
    hub, topic = discover(publisher, path)
    subscriber.subscribe(hub, topic)
    publisher.send("DELETE", f"/articles/{article['id']}")
    publisher.await_status(path, 410)
    with subscribing() as stranger:
        assert stranger.ask(hub, topic, "unsubscribe").status == 404
    assert subscriber.subscribe(hub, topic, mode="unsubscribe").get("mode") == "unsubscribe"


def test_what_was_sent_to_subscribers_is_listed_after_what_partners_got(
    publisher: Publisher, subscriber: Subscriber, receiver: Receiver
) -> None:
    publisher.register(receiver.url)
    subscriber.subscribe(*discover(publisher, "feed.atom"))
    publisher.post("소식")
    subscriber.wait_for(1)
    first = publisher.send("GET", "/deliveries?limit=1").json
    assert first["items"][0]["type"] == "article.published"
    second = publisher.send("GET", f"/deliveries?limit=1&after={first['next']}").json["items"][0]
    assert second["type"] == "topic.changed"
    assert publisher.send("GET", f"/deliveries/{second['id']}").json["id"] == second["id"]
    listed = publisher.send("GET", f"/deliveries?partner={second['partner_id']}&after={second['id']}").json
    assert listed == {"items": [], "next": None}


@pytest.mark.parametrize("spelling", ["{}/", "{}?", "{}/x%3E;rel=%22next%22"])
def test_topic_has_one_address(publisher: Publisher, spelling: str) -> None:
    article = publisher.post("제목")
    path = article["url"].removeprefix(f"{publisher.site.base_url}/")
    publisher.await_text(path, "제목")
    hub, topic = discover(publisher, path)
    assert post_form(hub, {"hub.mode": "publish", "hub.url": topic}).status == 204
    number = topic.rpartition("/")[0]
    for other in (spelling.format(topic), spelling.format(number), number):
        status = post_form(hub, {"hub.mode": "publish", "hub.url": other}).status
        assert status == (204 if other == f"{topic}?" else 404), other


def test_fifty_subscribers_get_one_delivery_each_and_one_who_hangs_delays_nobody(publisher: Publisher) -> None:
    hub, topic = discover(publisher, "feed.atom")
    with ExitStack() as stack:
        hanging, *others = [stack.enter_context(subscribing(f"/{number}")) for number in range(50)]
        hanging.hanging = True
        for each in (hanging, *others):
            each.subscribe(hub, topic)
        publisher.post("하나")
        posted = time.monotonic()
        for each in others:
            each.wait_for(1)
        assert time.monotonic() - posted < PROMPT_SECONDS
        [body] = {each.sent[0].body for each in others}
        assert body == publisher.read("feed.atom").body
        assert {len(each.sent) for each in (hanging, *others)} == {1}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"hub.mode": ""}, "hub.mode"),
        ({"hub.mode": "listen"}, "hub.mode"),
        ({"hub.topic": ""}, "hub.topic"),
        ({"hub.topic": "http://127.0.0.1/elsewhere.atom"}, "hub.topic"),
        ({"hub.topic": "ftp://127.0.0.1/feed.atom"}, "hub.topic"),
        ({"hub.callback": ""}, "hub.callback"),
        ({"hub.callback": "mailto:a@example.org"}, "hub.callback"),
        ({"hub.callback": "http://127.0.0.2/#part"}, "hub.callback"),
        ({"hub.callback": "http://127.0.0.2/#"}, "hub.callback"),
        ({"hub.callback": "http://127.0.0.2/\r\nX: y"}, "hub.callback"),
        ({"hub.callback": "http://user:word@127.0.0.2/"}, "hub.callback"),
        ({"hub.secret": "비" * 67}, "hub.secret"),
        ({"hub.secret": "a\0b"}, "hub.secret"),
        ({"hub.lease_seconds": "soon"}, "hub.lease_seconds"),
        ({"hub.lease_seconds": "-1"}, "hub.lease_seconds"),
    ],
    ids=str,
)
def test_form_that_breaks_a_rule_is_refused_with_the_field_in_plain_text(
    publisher: Publisher, fields: dict[str, str], names: str
) -> None:
    hub, topic = discover(publisher, "feed.atom")
    form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": "http://127.0.0.2:9/"} | fields
    answer = post_form(hub, form)
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith(names)


def test_hub_says_what_it_is_below_each_site_and_at_the_root(publisher: Publisher) -> None:
    hub, topic = discover(publisher, "feed.atom")
    explained = publisher.read("hub")
    assert (explained.status, explained.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert "hub.callback" in explained.text
    refused = publisher.read("hub", "PUT")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert publisher.read("hub", "HEAD").status == 200
    for url in (hub, f"{publisher.url}/hub"):
        assert post_form(url, {"hub.mode": "publish", "hub.url": topic}).status == 204
        for wrong in (f"{topic}x", "http://[", "http://a℀b.example/x", ""):
            assert post_form(url, {"hub.mode": "publish", "hub.url": wrong}).status == 404


def test_private_feeds_and_other_documents_are_no_topics(publisher: Publisher) -> None:
    made = publisher.send("POST", "/selections", {"name": "secret", "title": "비밀", "private": True})
    assert made.status == 201, made.text
    private = made.json["feeds"]["atom"]
    eventually(lambda: publisher.read(private.removeprefix(f"{publisher.site.base_url}/")).status == 200)
    hub, _ = discover(publisher, "feed.atom")
    stored = re.sub(r"/[^/]+\.atom$", "/private.atom", private)
    others = [
        publisher.site.url(path)
        for path in ("sitemap.xml", "feeds.opml", "breaking.html", "media/x", "999", "feed.atom?tag=a", "hub")
    ]
    for topic in (private, stored, f"{stored}/", *others):
        assert post_form(hub, {"hub.mode": "publish", "hub.url": topic}).status == 404, topic
