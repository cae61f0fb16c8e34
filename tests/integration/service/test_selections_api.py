"""/v1/selections over HTTP, served by the whole service on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from service.app import build_service
from sokbo import keys, sites
from sokbo.domain.key import Scope, token_digest
from sokbo.selections import MAX_SELECTIONS
from sokbo.settings import Settings
from sokbo.storage import Database, UnitOfWork
from tests.databases import make_ready
from tests.integration.service.test_partners_api import BY, Api, Reply

LEAST = {"name": "politics", "title": "정치만"}


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[dict[str, Api]]:
    """A partners' key of the site `news`, one of `other`, and a key of `third` that may only publish."""
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    with database.write() as uow:
        tokens = {name: _token(uow, name, scope) for name, scope in _KEYS.items()}
        uow.commit()
    async with build_service(settings) as service, TestServer(service.app) as server, ClientSession() as session:
        yield {name: Api(session, str(server.make_url("")).rstrip("/"), token, database) for name, token in tokens.items()}
    database.close()


_KEYS = {"news": Scope.PARTNERS, "other": Scope.PARTNERS, "third": Scope.PUBLISH}


def _token(uow: UnitOfWork, name: str, scope: Scope) -> str:
    fields = {"name": name, "title": name, "base_url": f"https://{name}.example", "language": "ko"}
    return keys.issue(uow, sites.create(uow, fields, **BY).id, [scope], "", **BY)[1]


@pytest.fixture
def api(apis: dict[str, Api]) -> Api:
    return apis["news"]


async def choose(api: Api, **fields: Any) -> dict[str, Any]:
    made = await api.ask("POST", "/v1/selections", LEAST | fields)
    assert made.status == 201, made.body
    answer: dict[str, Any] = made.body
    return answer


def broken(reply: Reply) -> set[str]:
    assert reply.status == 422, reply.body
    return {error["field"] for error in reply.body["errors"]}


async def test_selection_is_answered_with_its_fields_and_its_feeds_addresses(api: Api) -> None:
    made = await api.ask(
        "POST", "/v1/selections", LEAST | {"categories": ["정치", "Foreign Affairs"], "exclude": {"tags": ["광고"]}}
    )

    assert made.headers["Location"] == "/v1/selections/politics"
    assert made.body | {"created_at": ""} == {
        "name": "politics",
        "title": "정치만",
        "categories": ["foreign-affairs", "정치"],
        "tags": [],
        "authors": [],
        "exclude": {"categories": [], "tags": ["광고"], "authors": []},
        "language": None,
        "breaking": False,
        "content": "full",
        "entries": 50,
        "profile": "plain",
        "logo": None,
        "private": False,
        "readable": True,
        "feeds": {suffix: f"https://news.example/selection/politics.{suffix}" for suffix in ("rss", "atom", "json")},
        "created_at": "",
    }
    assert (await api.ask("GET", "/v1/selections/politics")).body == made.body
    assert (await api.ask("GET", "/v1/selections")).body == {"items": [made.body], "next": None}


async def test_list_is_paged_by_name(api: Api) -> None:
    for name in ("b", "a", "c"):
        await choose(api, name=name)

    first = await api.ask("GET", "/v1/selections?limit=2")
    assert [item["name"] for item in first.body["items"]] == ["a", "b"]
    rest = await api.ask("GET", f"/v1/selections?limit=2&after={first.body['next']}")
    assert [item["name"] for item in rest.body["items"]] == ["c"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Politics"}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "a" * 41}, "name"),
        ({"title": ""}, "title"),
        ({"title": "a\uffffb"}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"categories": ["!!!"]}, "categories.0"),
        ({"categories": [f"분류 {n}" for n in range(21)]}, "categories"),
        ({"exclude": {"topics": ["x"]}}, "exclude.topics"),
        ({"language": "korean!"}, "language"),
        ({"breaking": "yes"}, "breaking"),
        ({"content": "link"}, "content"),
        ({"entries": 0}, "entries"),
        ({"entries": 201}, "entries"),
        ({"entries": "50"}, "entries"),
        ({"profile": "google"}, "profile"),
        ({"logo": "ftp://x.example/logo.png"}, "logo"),
        ({"logo": "https://x.example/logo.webp"}, "logo"),
        ({"private": 1}, "private"),
        ({"token": "mine"}, "token"),
        ({"profile": "smartnews"}, "logo"),
        ({"profile": "flipboard", "entries": 29}, "entries"),
        ({"profile": "msn", "content": "summary"}, "content"),
        ({"profile": "apple-news"}, "language"),
        ({"profile": "apple-news", "language": "zh-Hant"}, "language"),
    ],
)
async def test_broken_rule_is_named_by_field(api: Api, fields: dict[str, Any], field: str) -> None:
    assert broken(await api.ask("POST", "/v1/selections", LEAST | fields)) == {field}


async def test_dialect_in_one_language_has_the_sites_if_none_is_said(api: Api) -> None:
    assert (await choose(api, profile="msn"))["language"] == "ko"


@pytest.mark.parametrize("language", ["ko-KR", "zh-Hant-TW", "es-419"])
async def test_dialect_that_wants_a_region_takes_a_language_with_one(api: Api, language: str) -> None:
    assert (await choose(api, profile="apple-news", language=language))["language"] == language


async def test_dialect_has_one_feed(api: Api) -> None:
    made = await choose(api, profile="flipboard")
    assert made["feeds"] == {"rss": "https://news.example/selection/politics.rss"}


async def test_name_is_taken_once_in_a_site(apis: dict[str, Api]) -> None:
    await choose(apis["news"])
    assert (await apis["news"].ask("POST", "/v1/selections", LEAST)).status == 409
    await choose(apis["other"])


async def test_site_has_a_limited_number_of_them(api: Api) -> None:
    for number in range(MAX_SELECTIONS):
        await choose(api, name=f"s-{number}")
    refused = await api.ask("POST", "/v1/selections", LEAST)
    assert (refused.status, refused.body["code"]) == (409, "conflict")


async def test_patch_changes_what_it_names(api: Api) -> None:
    await choose(api, categories=["정치"], language="ko")
    changed = await api.ask("PATCH", "/v1/selections/politics", {"entries": 10, "language": None, "exclude": {"tags": ["광고"]}})

    assert changed.status == 200
    assert (changed.body["entries"], changed.body["language"], changed.body["categories"]) == (10, None, ["정치"])
    assert changed.body["exclude"]["tags"] == ["광고"]


async def test_name_stays_for_it_is_in_the_addresses(api: Api) -> None:
    await choose(api)
    assert broken(await api.ask("PATCH", "/v1/selections/politics", {"name": "other"})) == {"name"}


async def test_deleted_selection_is_gone(api: Api) -> None:
    await choose(api)
    assert (await api.ask("DELETE", "/v1/selections/politics")).status == 204
    assert (await api.ask("GET", "/v1/selections/politics")).status == 404
    assert (await api.ask("DELETE", "/v1/selections/politics")).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate-token"),
        ("DELETE", "/token"),
    ],
)
async def test_another_sites_selection_does_not_exist(apis: dict[str, Api], method: str, path: str) -> None:
    await choose(apis["news"], private=True)
    body = {"title": "x"} if method == "PATCH" else None
    assert (await apis["other"].ask(method, f"/v1/selections/politics{path}", body)).status == 404


async def test_key_without_the_scope_is_refused(apis: dict[str, Api]) -> None:
    assert (await apis["third"].ask("GET", "/v1/selections")).status == 403
    assert (await apis["third"].ask("POST", "/v1/selections", LEAST)).status == 403


async def test_private_selections_addresses_are_shown_once_and_its_token_is_not_stored(api: Api) -> None:
    made = await choose(api, private=True)

    address = made["feeds"]["rss"]
    token = address.removeprefix("https://news.example/selection/politics/").removesuffix(".rss")
    assert len(token) == 32  # 192 bits in base 64
    assert (await api.ask("GET", "/v1/selections/politics")).body["feeds"] == {}
    with api.database.read() as uow:
        [kept] = uow.selections.all()
    assert kept.token_digest == token_digest(token)


async def test_new_token_and_revocation_say_so(api: Api) -> None:
    first = (await choose(api, private=True))["feeds"]["rss"]

    rotated = await api.ask("POST", "/v1/selections/politics/rotate-token")
    assert rotated.status == 200
    assert rotated.body["feeds"]["rss"] != first

    assert (await api.ask("DELETE", "/v1/selections/politics/token")).status == 204
    assert (await api.ask("GET", "/v1/selections/politics")).body["readable"] is False
    assert (await api.ask("POST", "/v1/selections/politics/rotate-token")).body["readable"] is True


async def test_public_selection_has_no_token(api: Api) -> None:
    await choose(api)
    assert (await api.ask("POST", "/v1/selections/politics/rotate-token")).status == 409
    assert (await api.ask("DELETE", "/v1/selections/politics/token")).status == 409


async def test_selection_that_becomes_private_gets_a_token_and_one_that_stays_so_keeps_it(api: Api) -> None:
    await choose(api)
    changed = await api.ask("PATCH", "/v1/selections/politics", {"private": True})
    assert changed.body["feeds"]["rss"].startswith("https://news.example/selection/politics/")

    again = await api.ask("PATCH", "/v1/selections/politics", {"title": "다른 이름"})
    assert (again.body["feeds"], again.body["readable"]) == ({}, True)


async def test_each_deed_is_in_the_audit(api: Api) -> None:
    await choose(api, private=True)
    await api.ask("PATCH", "/v1/selections/politics", {"entries": 5})
    await api.ask("POST", "/v1/selections/politics/rotate-token")
    await api.ask("DELETE", "/v1/selections/politics/token")
    await api.ask("DELETE", "/v1/selections/politics")

    with api.database.read() as uow:
        site = uow.sites.by_name("news")
        assert site is not None
        told = [entry.action for entry in uow.audit.page(site.id, 0, 100) if entry.subject == "politics"]
    assert told == [f"selection.{operation}" for operation in ("make", "change", "rotate-token", "revoke-token", "delete")]


@pytest.mark.parametrize("query", ["category=a&category=b", "tag=a", "author=a", "lang=ko", "category[]=a", "limit=5"])
async def test_query_that_would_choose_is_refused_and_told_what_to_do(api: Api, query: str) -> None:
    refused = await api.ask("GET", f"/news/feed.atom?{query}")

    assert (refused.status, refused.body["code"]) == (400, "bad_request")
    assert "POST /v1/selections" in refused.body["detail"]


async def test_query_that_means_nothing_is_passed_over(api: Api) -> None:
    assert (await api.ask("GET", "/news/feed.atom?utm_source=x")).status == 404  # no worker has made it yet
