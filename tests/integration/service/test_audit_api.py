"""/v1/audit over HTTP, served by the whole service on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from service.app import build_service
from sokbo.domain.key import Scope
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready
from tests.integration.service.test_partners_api import LEAST, Api, _token


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[dict[str, Api]]:
    """An administrator's key of the site `news`, one of `other`, and a key of `third` that may do everything but that."""
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    with database.write() as uow:
        tokens = {name: _token(uow, name, Scope.ADMIN) for name in ("news", "other")}
        tokens["reader"] = _token(uow, "third", Scope.READ)
        uow.commit()
    async with build_service(settings) as service, TestServer(service.app) as server, ClientSession() as session:
        yield {name: Api(session, str(server.make_url("")).rstrip("/"), token, database) for name, token in tokens.items()}
    database.close()


@pytest.fixture
def api(apis: dict[str, Api]) -> Api:
    return apis["news"]


async def test_what_is_accepted_and_changed_is_recorded_in_order_with_who_and_in_which_request(api: Api) -> None:
    posted = await api.ask("POST", "/v1/articles", {"title": "제목", "markdown": "본문"})
    await api.ask("DELETE", f"/v1/articles/{posted.body['id']}")
    partner = await api.register()
    await api.ask("PATCH", f"/v1/partners/{partner['id']}", {"name": "Other"})
    await api.ask("DELETE", f"/v1/partners/{partner['id']}")

    listed = (await api.ask("GET", "/v1/audit")).body

    assert [(entry["action"], entry["subject"]) for entry in listed["items"]] == [
        ("site.create", "news"),
        ("key.issue", api.token[:12]),
        ("article.accept", posted.body["id"]),
        ("article.withdraw", posted.body["id"]),
        *((f"partner.{operation}", partner["id"]) for operation in ("register", "change", "delete")),
    ]
    accept = listed["items"][2]
    assert (accept["actor"], accept["request_id"]) == (api.token[:12], posted.headers["X-Request-ID"])
    assert accept["at"] == posted.body["modified_at"]
    assert listed["next"] is None


async def test_pages_follow_each_other(api: Api) -> None:
    for number in range(3):
        await api.register(name=f"Partner {number}")
    first = (await api.ask("GET", "/v1/audit?limit=2")).body
    second = (await api.ask("GET", f"/v1/audit?limit=2&after={first['next']}")).body
    third = (await api.ask("GET", f"/v1/audit?limit=2&after={second['next']}")).body
    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    ids = [entry["id"] for page in (first, second, third) for entry in page["items"]]
    assert ids == sorted(set(ids))
    assert third["next"] is None


async def test_sites_see_their_own_alone(apis: dict[str, Api]) -> None:
    await apis["news"].register(**LEAST)
    assert [entry["action"] for entry in (await apis["other"].ask("GET", "/v1/audit")).body["items"]] == [
        "site.create",
        "key.issue",
    ]


async def test_only_administrators_may_read_it(apis: dict[str, Api]) -> None:
    assert (await apis["reader"].ask("GET", "/v1/audit")).status == 403


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "limit=201", "since=1"])
async def test_query_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    assert (await api.ask("GET", f"/v1/audit?{query}")).status == 422
