"""Two services, a worker for each queue and beat, started one by one on PostgreSQL, as docker-compose.yml starts them."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sokbo.cli.startup_checks import free_port
from tests.client import Answer
from tests.databases import Maker, new_name
from tests.publisher import Publisher
from tests.receiver import Receiver
from tests.system import System, plain_processes
from tests.waiting import eventually

pytestmark = pytest.mark.thorough  # the processes of docker-compose.yml, in another test, are plain ones as well


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, postgresql: Maker) -> Iterator[System]:
    broker_port, *ports = (free_port("127.0.0.1", 0) for _ in range(3))
    with plain_processes(tmp_path_factory.mktemp("plain"), postgresql.create(new_name()), broker_port, ports) as running:
        yield running


@pytest.fixture
def services(system: System, publisher: Publisher) -> list[Publisher]:
    """The same publisher at each service."""
    return [replace(publisher, url=url) for url in system.urls]


def test_article_posted_to_one_service_is_read_at_both_and_pushed(services: list[Publisher], receiver: Receiver) -> None:
    partner = services[0].register(receiver.url)
    article = services[0].post("하나", breaking=True, categories=["정치"])
    found = [service.await_text("feed.atom", "하나") for service in services]
    assert found[0].headers["etag"] == found[1].headers["etag"]
    for service in services:
        service.await_text("breaking.html", "하나")
        service.await_text("category/정치.json", "하나")
    assert {push.verified(partner["secret"])["type"] for push in receiver.wait_for(2)} == {
        "article.published",
        "breaking.started",
    }
    services[1].send("DELETE", f"/articles/{article['id']}")
    for service in services:
        service.await_status(f"{article['number']}/{article['slug']}", 410)
        service.await_no_text("feed.rss", "하나")


def test_twins_at_both_services_are_one_article(services: list[Publisher]) -> None:
    def send(number: int) -> Answer:
        body = {"title": "하나", "markdown": "글"}
        return services[number % 2].send("POST", "/articles", body, Idempotency_Key="k-1")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {(answer.status, answer.json["id"]) for answer in answers} == {(201, answers[0].json["id"])}
    assert [service.post()["number"] for service in services] == [2, 3]


def test_numbers_have_no_gaps_however_many_post_at_both(services: list[Publisher]) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: services[number % 2].post(f"기사 {number}")["number"], range(40)))
    assert sorted(numbers) == list(range(1, 41))
    for service in services:
        eventually(lambda service=service: len(re.findall("<item>", service.read("feed.rss").text)) == 40)  # type: ignore[misc]  # mypy can't type a lambda's default


def test_same_external_id_at_both_services_is_taken_once(services: list[Publisher]) -> None:
    def send(number: int) -> int:
        return services[number % 2].send("POST", "/articles", {"title": "a", "markdown": "b", "external_id": "x"}).status

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, range(10))) == [201] + [409] * 9
