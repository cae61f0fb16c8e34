"""The API's edges, over the wire."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sokbo.domain.key import Scope
from tests.client import Answer, ask
from tests.publisher import Publisher
from tests.system import System

PROBLEM = "application/problem+json"
MEBIBYTE = 1024 * 1024


def problem(answer: Answer, status: int, code: str) -> dict[str, object]:
    """The problem details, if the answer is this problem (RFC 9457)."""
    assert (answer.status, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    details: dict[str, object] = answer.json
    assert {"type", "title", "status", "detail", "code", "request_id"} <= details.keys()
    assert (details["status"], details["code"]) == (status, code)
    assert details["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return details


def test_twenty_twins_under_one_idempotency_key_are_one_article(publisher: Publisher) -> None:
    body = {"title": "하나", "markdown": "글"}

    def send(_: int) -> Answer:
        return publisher.send("POST", "/articles", body, Idempotency_Key="k-1")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {(answer.status, answer.json["id"]) for answer in answers} == {(201, answers[0].json["id"])}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert publisher.post("둘")["number"] == 2
    other = publisher.send("POST", "/articles", body | {"title": "셋"}, Idempotency_Key="k-1")
    problem(other, 422, "idempotency_mismatch")


def test_patch_needs_the_revision_that_it_changes(publisher: Publisher) -> None:
    path = f"/articles/{publisher.post('하나')['id']}"
    problem(publisher.send("PATCH", path, {"title": "둘"}), 428, "precondition_required")
    stale = publisher.send("PATCH", path, {"title": "둘"}, If_Match='"7"')
    problem(stale, 412, "precondition_failed")
    assert stale.headers["etag"] == '"1"'
    done = publisher.send("PATCH", path, {"title": "둘"}, If_Match='"1"')
    assert (done.status, done.json["revision"]) == (200, 2)
    assert publisher.send("PATCH", path, {"title": "둘"}, If_Match='"2"').json["revision"] == 2  # nothing changes
    assert publisher.send("GET", path).json["title"] == "둘"


def test_of_two_changes_to_one_revision_one_is_refused(publisher: Publisher) -> None:
    path = f"/articles/{publisher.post('하나')['id']}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: publisher.send("PATCH", path, {"title": f"제목 {n}"}, If_Match='"1"'), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 7


def test_external_id_that_is_taken_conflicts(publisher: Publisher) -> None:
    publisher.post(external_id="wp-1")
    twin = publisher.send("POST", "/articles", {"title": "둘", "markdown": "글", "external_id": "wp-1"})
    problem(twin, 409, "conflict")
    assert publisher.post("셋")["number"] == 2  # what was refused took no number


def test_keys_open_what_their_scopes_say(publisher: Publisher, system: System) -> None:
    article = publisher.post()
    allowed = {
        Scope.READ: ("GET", f"/articles/{article['id']}"),
        Scope.PUBLISH: ("DELETE", f"/articles/{article['id']}"),
        Scope.PARTNERS: ("GET", "/partners"),
    }
    for scope in allowed:
        holder = system.create_key(publisher, scope)
        for needed, (method, path) in allowed.items():
            if needed is scope:
                assert holder.send(method, path).status == 200
            else:
                problem(holder.send(method, path), 403, "forbidden")


@pytest.mark.parametrize("authorization", [None, "Bearer sokbo_wrong", "Basic dXNlcjpwYXNz", "Bearer "])
def test_without_a_key_nothing_is_read_and_the_challenge_says_what_is_needed(
    publisher: Publisher, authorization: str | None
) -> None:
    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    answer = ask("POST", f"{publisher.url}/v1/articles", b"no json at all", headers)
    problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_broken_rule_is_named_with_its_field(publisher: Publisher) -> None:
    body = {"title": "", "markdown": "글", "colour": "red", "published_at": "yesterday"}
    details = problem(publisher.send("POST", "/articles", body), 422, "invalid")
    errors = details["errors"]
    assert isinstance(errors, list)
    assert {error["field"] for error in errors} == {"title", "colour", "published_at"}
    assert {error["code"] for error in errors if error["field"] == "colour"} == {"unknown_field"}
    assert all(error["rule"] for error in errors)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b'{"title": "\xff"}', "application/json", 400, "bad_request"),
        (b'{"title": "a", "title": "b"}', "application/json", 400, "bad_request"),
        (b"title=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"<p>a</p>", "text/html; charset=euc-kr", 415, "unsupported_media_type"),
        (b"a", "", 415, "unsupported_media_type"),
        (b'{"title": "a\\u0000", "markdown": "b"}', "application/json", 422, "invalid"),
        (b'{"title": "\\ud800", "markdown": "b"}', "application/json", 422, "invalid"),
        (b" " * (MEBIBYTE + 1), "text/plain", 413, "too_large"),
    ],
)
def test_wrong_input_is_a_problem_with_a_stable_code(
    publisher: Publisher, body: bytes, content_type: str, status: int, code: str
) -> None:
    problem(publisher.send("POST", "/articles", body, content_type), status, code)
    assert publisher.post()["number"] == 1


def test_body_of_one_mebibyte_is_still_read(publisher: Publisher) -> None:
    body = b'{"title": "a", "markdown": "b"}'
    assert publisher.send("POST", "/articles", body.ljust(MEBIBYTE)).status == 201


def test_unknown_paths_are_problems_too(publisher: Publisher) -> None:
    problem(publisher.send("GET", "/nothing"), 404, "not_found")
    problem(publisher.send("GET", "/articles/nothing"), 404, "not_found")
    answer = publisher.read("nothing")
    problem(answer, 404, "not_found")
    assert answer.headers["server"] == "Sokbo"
    publisher.post("하나")
    publisher.await_text("feed.rss", "하나")
    written = publisher.read("feed.rss", "POST")
    problem(written, 405, "method_not_allowed")
    assert {"GET", "HEAD"} <= set(written.headers["allow"].split(", "))
    problem(ask("GET", f"{publisher.url}/no-such-site/feed.rss"), 404, "not_found")


def test_machines_are_told_how_it_does(publisher: Publisher) -> None:
    def value(name: str) -> float:
        page = ask("GET", f"{publisher.url}/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name))

    assert ask("GET", f"{publisher.url}/healthz").json == {"status": "ok"}
    assert ask("GET", f"{publisher.url}/readyz").json == {"status": "ready", "database": True, "broker": True}
    names = ("sokbo_articles_accepted_total", "sokbo_events_syndicated_total", "sokbo_documents_stored_total")
    before = [value(name) for name in names]
    publisher.post("하나")
    publisher.await_text("feed.rss", "하나")
    assert all(value(name) > was for name, was in zip(names, before, strict=True))
    assert 'sokbo_events_oldest_seconds{lane="breaking"} 0.0' in ask("GET", f"{publisher.url}/metrics").text
