"""/v1/partners over HTTP, served by the whole service on a database of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from service.app import build_service
from sokbo import keys, partners, sites
from sokbo.domain.key import Scope
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork
from tests.databases import make_ready

BY = {"actor": "test", "request_id": "req_1"}
LEAST = {"name": "Partner", "url": "https://partner.example/hook"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Api:
    """Asks as one key's holder."""

    session: ClientSession
    base: str
    token: str
    database: Database

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, path: str, json: object = None, **headers: str) -> Reply:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.session.request(method, self.base + path, json=json, headers=sent) as answer:
            body = await answer.json(content_type=None) if await answer.read() else None
            return Reply(answer.status, dict(answer.headers), body)

    async def register(self, **fields: Any) -> dict[str, Any]:
        made = await self.ask("POST", "/v1/partners", LEAST | fields)
        assert made.status == 201, made.body
        answer: dict[str, Any] = made.body
        return answer


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[dict[str, Api]]:
    """A partners' key of the site `news`, one of `other`, and a key of `news` that may only publish."""
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    with database.write() as uow:
        tokens = {
            "news": _token(uow, "news", Scope.PARTNERS),
            "other": _token(uow, "other", Scope.PARTNERS),
            "publisher": _token(uow, "third", Scope.PUBLISH),
        }
        uow.commit()
    async with build_service(settings) as service, TestServer(service.app) as server, ClientSession() as session:
        yield {name: Api(session, str(server.make_url("")).rstrip("/"), token, database) for name, token in tokens.items()}
    database.close()


def _token(uow: UnitOfWork, name: str, scope: Scope) -> str:
    site = sites.create(uow, {"name": name, "title": name, "base_url": f"https://{name}.example"}, **BY)
    return keys.issue(uow, site.id, [scope], "", **BY)[1]


@pytest.fixture
def api(apis: dict[str, Api]) -> Api:
    return apis["news"]


async def test_registration_answers_the_partner_and_its_secret_once(api: Api) -> None:
    made = await api.ask("POST", "/v1/partners", LEAST | {"filter": {"tags": ["APEC 2025"], "breaking_only": True}})

    assert made.status == 201
    assert made.headers["Location"] == f"/v1/partners/{made.body['id']}"
    assert made.headers["Cache-Control"] == "no-store"
    assert made.body["secret"].startswith("whsec_")

    read = await api.ask("GET", made.headers["Location"])
    assert read.status == 200
    assert read.body | {"secret": made.body["secret"]} == made.body
    assert read.body["filter"] == {"events": [], "categories": [], "tags": ["apec-2025"], "breaking_only": True}
    assert (read.body["channel"], read.body["content"], read.body["rel"]) == ("webhook", "summary", "noopener")
    assert (read.body["state"], read.body["disabled_reason"]) == ("active", None)


async def test_answer_without_what_the_service_adds_can_be_sent_again(api: Api) -> None:
    made = await api.register(filter={"events": ["breaking.started"], "categories": ["정치"]}, rel="ugc")
    own = {name: made[name] for name in partners.PartnerInput.model_fields}

    again = await api.register(**own)

    assert {name: again[name] for name in own} == own


async def test_broken_rules_are_named_as_the_sender_wrote_them(api: Api) -> None:
    refused = await api.ask("POST", "/v1/partners", {"url": "http://10.0.0.1/", "filter": {"tag": []}, "delay": 1})

    assert (refused.status, refused.body["code"]) == (422, "invalid")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert {error["field"]: error["code"] for error in refused.body["errors"]} == {
        "name": "required",
        "url": "invalid",
        "filter.tag": "unknown_field",
        "delay": "unknown_field",
    }


async def test_every_parameter_that_breaks_a_rule_is_named(api: Api) -> None:
    refused = await api.ask("GET", "/v1/partners?limit=x&after=!&colour=red")
    assert refused.status == 422
    assert [error["field"] for error in refused.body["errors"]] == ["colour", "after", "limit"]


async def test_patch_changes_what_it_names(api: Api) -> None:
    made = await api.register(filter={"tags": ["a"], "categories": ["b"]}, rel="ugc")

    changed = await api.ask("PATCH", f"/v1/partners/{made['id']}", {"name": "Renamed", "rel": None, "filter": {"tags": []}})

    assert changed.status == 200
    assert changed.body == (await api.ask("GET", f"/v1/partners/{made['id']}")).body
    del made["secret"]
    filtered = made["filter"] | {"tags": []}
    assert changed.body == made | {"name": "Renamed", "rel": "noopener", "filter": filtered}


async def test_patch_that_breaks_a_rule_changes_nothing(api: Api) -> None:
    made = await api.register()

    refused = await api.ask("PATCH", f"/v1/partners/{made['id']}", {"name": "Renamed", "state": "active"})

    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "state")
    assert (await api.ask("GET", f"/v1/partners/{made['id']}")).body["name"] == "Partner"


async def test_deleted_partner_is_nowhere(api: Api) -> None:
    made, kept = await api.register(), await api.register()
    path = f"/v1/partners/{made['id']}"

    deleted = await api.ask("DELETE", path)

    assert (deleted.status, deleted.body) == (204, None)
    assert [(await api.ask(method, path, {})).status for method in ("GET", "PATCH", "DELETE")] == [404, 404, 404]
    assert [item["id"] for item in (await api.ask("GET", "/v1/partners")).body["items"]] == [kept["id"]]


async def test_partner_whose_end_disabled_it_can_be_enabled(api: Api) -> None:
    made = await api.register()
    with api.database.write() as uow:
        uow.partners.disable(made["id"], "410 Gone")
        uow.commit()
    path = f"/v1/partners/{made['id']}"
    assert (await api.ask("GET", path)).body["disabled_reason"] == "410 Gone"

    enabled = await api.ask("POST", f"{path}/enable")

    assert (enabled.status, enabled.body["state"], enabled.body["disabled_reason"]) == (200, "active", None)


async def test_pages_give_every_partner_once_in_order(api: Api) -> None:
    made = [(await api.register(name=f"P{number}"))["id"] for number in range(5)]

    found, after = [], ""
    while True:
        page = (await api.ask("GET", f"/v1/partners?limit=2{after}")).body
        found.append([item["id"] for item in page["items"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert found == [made[:2], made[2:4], made[4:]]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("after=1", "after"), ("page=2", "page")],
)
async def test_query_that_makes_no_sense_is_refused_by_name(api: Api, query: str, field: str) -> None:
    refused = await api.ask("GET", f"/v1/partners?{query}")

    assert (refused.status, refused.body["errors"][0]["field"]) == (422, field)


async def test_another_sites_partner_is_not_there(api: Api, apis: dict[str, Api]) -> None:
    path = f"/v1/partners/{(await apis['other'].register())['id']}"

    asked = [("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/enable"), ("GET", "/v1/partners/%00")]
    assert {(await api.ask(method, where, {})).status for method, where in asked} == {404}
    assert (await api.ask("GET", "/v1/partners")).body == {"items": [], "next": None}
    assert (await apis["other"].ask("GET", path)).status == 200


async def test_key_without_the_scope_is_forbidden(apis: dict[str, Api]) -> None:
    refused = await apis["publisher"].ask("POST", "/v1/partners", LEAST)

    assert (refused.status, refused.body["code"]) == (403, "forbidden")


async def test_body_must_be_a_json_object(api: Api) -> None:
    assert (await api.ask("POST", "/v1/partners", ["no"])).status == 400
    refused = await api.ask("POST", "/v1/partners", LEAST, Content_Type="text/plain")
    assert (refused.status, refused.headers["Accept-Post"]) == (415, "application/json")
    headers = {**api.headers, "Content-Type": "application/json"}
    for body, status, said in (
        (b'{"name": "a", "name": "b"}', 400, "'name' twice"),
        (b'{"\\ud800": 1}', 422, "the name must not hold the character U+D800"),
    ):
        async with api.session.post(f"{api.base}/v1/partners", data=body, headers=headers) as answer:
            assert (answer.status, said in await answer.text()) == (status, True)
    assert (await api.ask("POST", "/v1/partners", None, Content_Type="application/json")).status == 400
