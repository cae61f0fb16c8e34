import pytest

from service.subscribing import MAX_FIELDS, Wanted, parse, parse_form, read_mode
from sokbo.domain.subscription import DEFAULT_LEASE_SECONDS, MAX_LEASE_SECONDS, MIN_LEASE_SECONDS, Mode, subscriber_id
from sokbo.errors import BadRequest

FORM = {"hub.mode": "subscribe", "hub.topic": "http://a.example/feed.atom", "hub.callback": "http://b.example/?c=1"}


def test_form_without_anything_optional() -> None:
    assert parse(FORM) == Wanted(Mode.SUBSCRIBE, FORM["hub.topic"], FORM["hub.callback"], DEFAULT_LEASE_SECONDS, "")


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        ("", DEFAULT_LEASE_SECONDS),
        ("0", MIN_LEASE_SECONDS),
        ("299", MIN_LEASE_SECONDS),
        ("600", 600),
        ("999999999999", MAX_LEASE_SECONDS),
        ("9" * 5000, MAX_LEASE_SECONDS),
    ],
)
def test_lease_is_always_set_and_within_bounds(wanted: str, granted: int) -> None:
    assert parse(FORM | {"hub.lease_seconds": wanted}).lease_seconds == granted


@pytest.mark.parametrize("wanted", ["x", "1.5", "-1", "+5", "٣٠٠", " 600"])
def test_lease_that_is_no_number_of_seconds_is_refused(wanted: str) -> None:
    with pytest.raises(BadRequest, match=r"hub\.lease_seconds"):
        parse(FORM | {"hub.lease_seconds": wanted})


def test_callback_and_topic_fit_into_the_question() -> None:
    assert parse(FORM | {"hub.callback": f"http://b.example/{'c' * 1500}"})
    with pytest.raises(BadRequest, match="too long together"):
        parse(FORM | {"hub.callback": f"http://b.example/{'c' * 1900}"})


def test_lease_of_an_unsubscription_is_ignored() -> None:
    assert parse(FORM | {"hub.mode": "unsubscribe", "hub.lease_seconds": "soon"}).lease_seconds == DEFAULT_LEASE_SECONDS


@pytest.mark.parametrize(("secret", "taken"), [("a" * 199, True), ("a" * 200, False), ("비" * 66, True), ("비" * 67, False)])
def test_secret_is_measured_in_bytes(secret: str, taken: bool) -> None:
    if taken:
        assert parse(FORM | {"hub.secret": secret}).secret == secret
    else:
        with pytest.raises(BadRequest, match="200 bytes"):
            parse(FORM | {"hub.secret": secret})


def test_fields_of_others_are_passed_over_and_ours_are_there_once() -> None:
    assert parse_form(b"a=1&a=2&hub.mode=subscribe&hub.verify=sync") == {"a": "2", "hub.mode": "subscribe", "hub.verify": "sync"}
    with pytest.raises(BadRequest, match=r"hub\.topic must be there once"):
        parse_form(b"hub.topic=x&hub.topic=x")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"\xff=1", "UTF-8"),
        (b"hub.topic=%ff", "UTF-8"),
        (b"&".join(b"f%d=1" % number for number in range(MAX_FIELDS + 1)), f"at most {MAX_FIELDS} fields"),
        (b"hub.secret=a%00b", "line break or NUL"),
        (b"hub.callback=http://a.example/%0d%0aX:%20y", "line break or NUL"),
    ],
)
def test_form_that_cannot_be_read_is_refused(body: bytes, rule: str) -> None:
    with pytest.raises(BadRequest, match=rule):
        parse_form(body)


@pytest.mark.parametrize("mode", ["", "SUBSCRIBE", "denied", "list"])
def test_mode_is_one_of_three(mode: str) -> None:
    with pytest.raises(BadRequest, match=r"hub\.mode must be subscribe, unsubscribe or publish"):
        read_mode({"hub.mode": mode})


def test_subscriber_is_one_topic_with_one_callback() -> None:
    ids = {subscriber_id(topic, callback) for topic in ("a", "ab") for callback in ("bc", "c", "c?")}
    assert len(ids) == 6
    assert subscriber_id("a", "c") == subscriber_id("a", "c")
