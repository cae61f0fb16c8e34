"""Selections on a running system: from POST to feed, and private ones from token to revocation."""

from typing import Any

from tests.client import Answer, ask
from tests.publisher import Publisher
from tests.waiting import eventually


def choose(publisher: Publisher, **fields: Any) -> dict[str, Any]:
    answer = publisher.send("POST", "/selections", {"name": "chosen", "title": "고른 것"} | fields)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_selection_is_read_at_its_address_and_follows_what_is_published(publisher: Publisher) -> None:
    publisher.post("정치 소식", categories=["정치"])
    publisher.post("문화 소식", categories=["문화"])
    address = choose(publisher, categories=["정치", "경제"])["feeds"]["atom"]
    publisher.await_text("selection/chosen.atom", "정치 소식")
    publisher.await_text("feeds", address)

    publisher.post("경제 소식", categories=["경제"])
    publisher.await_text("selection/chosen.atom", "경제 소식")
    assert "문화" not in ask("GET", address).text

    assert publisher.send("DELETE", "/selections/chosen").status == 204
    publisher.await_status("selection/chosen.atom", 410)
    publisher.await_no_text("feeds", address)


def test_private_selection_is_read_by_its_token_alone_until_that_is_revoked(publisher: Publisher) -> None:
    publisher.post("비공개 소식")
    address = choose(publisher, private=True)["feeds"]["rss"]

    def read(url: str) -> Answer:
        return ask("GET", url, headers={"Accept-Encoding": "identity"})

    def shown() -> Answer | None:
        answer = read(address)
        return answer if answer.status == 200 and "비공개 소식" in answer.text else None

    first = eventually(shown)
    assert first is not None
    assert (first.headers["cache-control"], first.headers["x-robots-tag"]) == ("private, no-store", "noindex")
    assert ask("GET", address, headers={"If-None-Match": first.headers["etag"]}).status == 304
    assert ask("HEAD", address).status == 200
    token = address.rpartition("/")[2]
    for guess in (token[1:], "private.rss", f"x{token}"):
        assert read(address.replace(token, guess)).status == 404
    assert publisher.read("selection/chosen.rss").status == 404
    assert "chosen" not in publisher.read("feeds").text

    renewed = publisher.send("POST", "/selections/chosen/rotate-token").json["feeds"]["rss"]
    assert (read(address).status, read(renewed).status) == (404, 200)
    assert publisher.send("DELETE", "/selections/chosen/token").status == 204
    assert read(renewed).status == 404
