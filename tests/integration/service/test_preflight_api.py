"""What publishers are told of portals' rules, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from service.app import build_service
from service.routes import articles
from sokbo import keys, selections, sites
from sokbo.domain.key import Scope
from sokbo.domain.picture import Picture, PictureState
from sokbo.errors import Unavailable
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready
from tests.integration.service.test_partners_api import BY, Api, Reply

SHORT = {"title": "짧은 제목", "markdown": "본문", "categories": ["정치"]}
GOOD_TITLE = "통영 앞바다 여객선 오늘 오전부터 운항 재개"


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """A site with a feed for MSN of its politics, one for Flipboard of its culture, and a plain one of everything."""
    settings = Settings(data=tmp_path)
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    with database.write() as uow:
        site = sites.create(uow, {"name": "news", "title": "news", "base_url": "https://news.example"}, **BY)
        for name, fields in _SELECTIONS.items():
            selections.make(uow, site, selections.parse({"name": name, "title": name, **fields}, site), **BY)
        token = keys.issue(uow, site.id, [Scope.PUBLISH, Scope.READ], "", **BY)[1]
        uow.commit()
    async with build_service(settings) as service, TestServer(service.app) as server, ClientSession() as session:
        yield Api(session, str(server.make_url("")).rstrip("/"), token, database)
    database.close()


_SELECTIONS: dict[str, dict[str, Any]] = {
    "portal": {"profile": "msn", "categories": ["정치"]},
    "magazine": {"profile": "flipboard", "categories": ["문화"]},
    "everything": {},
}


def told(reply: Reply) -> set[tuple[str, str, str]]:
    return {(warning["selection"], warning["field"], warning["effect"]) for warning in reply.body["warnings"]}


MSN_FINDINGS = {("portal", "title", "left_out"), ("portal", "image", "advice")}


async def test_broken_rule_is_told_by_field_in_both_languages(api: Api) -> None:
    posted = await api.ask("POST", "/v1/articles", SHORT)

    assert posted.status == 201
    assert posted.body["warnings"][0] == {
        "selection": "portal",
        "profile": "msn",
        "field": "title",
        "code": "title_too_short",
        "effect": "left_out",
        "rule": {"en": "must have at least 20 characters", "ko": "20자 이상이어야 합니다"},
    }
    assert told(posted) == MSN_FINDINGS
    assert told(await api.ask("GET", f"/v1/articles/{posted.body['id']}")) == MSN_FINDINGS


async def test_only_selections_in_which_it_stands_are_spoken_of(api: Api) -> None:
    elsewhere = await api.ask("POST", "/v1/articles", SHORT | {"categories": ["운동"]})
    both = await api.ask("POST", "/v1/articles", SHORT | {"categories": ["정치", "문화"]})

    assert elsewhere.body["warnings"] == []
    assert told(both) == {*MSN_FINDINGS, ("magazine", "image", "left_out")}


async def test_change_that_mends_it_is_told_so(api: Api) -> None:
    posted = await api.ask("POST", "/v1/articles", SHORT)
    path, image = f"/v1/articles/{posted.body['id']}", "https://news.example/a.png"

    patched = await api.ask("PATCH", path, {"image": image}, If_Match='"1"')
    replaced = await api.ask("PUT", path, SHORT | {"title": GOOD_TITLE, "image": image})

    assert told(patched) == {("portal", "title", "left_out")}
    assert replaced.body["warnings"] == []


@pytest.mark.parametrize("state", [PictureState.WAITING, PictureState.FAILED])
async def test_image_that_was_measured_in_vain_is_told_and_one_that_waits_is_not(api: Api, state: PictureState) -> None:
    image = "https://news.example/a.png"
    with api.database.write() as uow:
        uow.pictures.add([Picture(image, state)], uow.now)
        uow.commit()
    wanted = SHORT | {"title": GOOD_TITLE, "categories": ["문화"], "image": image}

    found = {("magazine", "image", "left_out")} if state is PictureState.FAILED else set()
    assert told(await api.ask("POST", "/v1/articles?dry_run=true", wanted)) == found
    posted = await api.ask("POST", "/v1/articles", wanted)
    assert told(await api.ask("GET", f"/v1/articles/{posted.body['id']}")) == found


async def test_deep_nesting_leaves_an_article_out_of_msn(api: Api) -> None:
    wanted = SHORT | {"title": GOOD_TITLE, "image": "https://news.example/a.png", "markdown": "> " * 14 + "본문"}

    assert told(await api.ask("POST", "/v1/articles?dry_run=true", wanted)) == {("portal", "content", "left_out")}


async def test_withdrawn_article_has_no_warnings(api: Api) -> None:
    posted = await api.ask("POST", "/v1/articles", SHORT)

    assert (await api.ask("DELETE", f"/v1/articles/{posted.body['id']}")).body["warnings"] == []


async def test_same_answer_is_given_under_the_same_key(api: Api) -> None:
    first = await api.ask("POST", "/v1/articles", SHORT, Idempotency_Key="once")
    second = await api.ask("POST", "/v1/articles", SHORT, Idempotency_Key="once")

    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.body == first.body


async def test_dry_run_says_what_would_be_and_stores_nothing(api: Api) -> None:
    await api.ask("POST", "/v1/articles", SHORT)
    wanted = SHORT | {"markdown": "**굵게** <script>x</script>", "breaking": True}

    tried = await api.ask("POST", "/v1/articles?dry_run=true", wanted)

    assert tried.status == 200
    assert tried.body["dry_run"] is True
    assert tried.body["content"] == "<p><strong>굵게</strong> </p>"
    assert (tried.body["number"], tried.body["state"], tried.body["url"]) == (
        2,
        "published",
        "https://news.example/2/%EC%A7%A7%EC%9D%80-%EC%A0%9C%EB%AA%A9",
    )
    assert tried.body["selections"] == ["everything", "portal"]
    assert told(tried) == MSN_FINDINGS
    assert "id" not in tried.body
    posted = await api.ask("POST", "/v1/articles", wanted)
    assert (posted.body["number"], posted.body["url"]) == (tried.body["number"], tried.body["url"])


async def test_misspelt_dry_run_is_refused_and_publishes_nothing(api: Api) -> None:
    refused = await api.ask("POST", "/v1/articles?dryrun=true", SHORT)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "dryrun")
    assert (await api.ask("GET", "/v1/events")).body["items"] == []


async def test_dry_run_refuses_what_would_be_refused(api: Api) -> None:
    await api.ask("POST", "/v1/articles", SHORT | {"external_id": "storm"})

    taken = await api.ask("POST", "/v1/articles?dry_run=true", SHORT | {"external_id": "storm"})
    broken = await api.ask("POST", "/v1/articles?dry_run=true", {"title": ""})
    unclear = await api.ask("POST", "/v1/articles?dry_run=maybe", SHORT)

    assert (taken.status, broken.status, unclear.status) == (409, 422, 422)
    assert unclear.body["errors"][0]["field"] == "dry_run"


@pytest.mark.parametrize(
    ("fields", "state"),
    [({"draft": True}, "draft"), ({"published_at": "2099-01-01T00:00:00Z"}, "scheduled")],
)
async def test_article_that_waits_is_checked_all_the_same(api: Api, fields: dict[str, Any], state: str) -> None:
    posted = await api.ask("POST", "/v1/articles", SHORT | fields)

    assert posted.body["state"] == state
    assert told(posted) == MSN_FINDINGS


async def test_dry_run_false_is_a_post(api: Api) -> None:
    assert (await api.ask("POST", "/v1/articles?dry_run=false", SHORT)).status == 201


async def test_article_that_is_kept_is_answered_201_also_where_its_warnings_can_not_be_found_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database goes away between the commit and the next question."""

    def away(*_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(articles, "warnings_of", away)
    posted = await api.ask("POST", "/v1/articles", SHORT)
    assert (posted.status, posted.body["warnings"]) == (201, [])
