"""Dead letters, replay, pings, secrets and the list of events over HTTP, with the worker's turns taken by the tests."""

import base64
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.app import build_service
from sokbo import keys, sites
from sokbo.domain.article import Image
from sokbo.domain.delivery import Delivery, Outcome, Verdict
from sokbo.domain.event import Lane
from sokbo.domain.ids import EventId, MediaId
from sokbo.domain.key import Scope
from sokbo.domain.partner import Partner
from sokbo.domain.picture import Media, Picture, PictureState
from sokbo.net.sealing import Sealer
from sokbo.net.secret_key import load_secret_key
from sokbo.net.signing import sign
from sokbo.settings import Settings
from sokbo.storage import Database
from tests.databases import make_ready
from tests.newsroom import Newsroom
from workers.recording import record

BY = {"actor": "test", "request_id": "req_1"}
FAILED = Outcome(Verdict.RETRY, 0.1, 503, "busy")
TAKEN = Outcome(Verdict.ACKNOWLEDGED, 0.1, 204)


@dataclass(frozen=True, slots=True)
class Desk:
    """A site's newsroom, its API as the holder of a key with every scope, and its worker."""

    newsroom: Newsroom
    settings: Settings
    session: ClientSession
    base: str
    token: str

    async def ask(self, method: str, path: str, json: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(method, self.base + path, json=json, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    def plan(self, **fields: Any) -> None:
        self.newsroom.post(**fields)
        self.newsroom.plan()

    def push(self, outcome: Outcome) -> list[Delivery]:
        """Makes an attempt of all that is due, with this outcome."""
        with self.newsroom.database.write() as uow:
            leased = [*uow.deliveries.lease(Lane.DEFAULT, "me", uow.now, 5.0, 100)]
            record(uow, [(item, outcome) for item in leased], "me", self.settings, random.Random(1))
            uow.commit()
            return leased


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = Settings(data=tmp_path, retry_schedule=())
    make_ready(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    newsroom = Newsroom.open(database)
    with database.write() as uow:
        token = keys.issue(uow, newsroom.site.id, [Scope.ADMIN], "", **BY)[1]
        uow.commit()
    async with build_service(settings) as service, TestServer(service.app) as server, ClientSession() as session:
        yield Desk(newsroom, settings, session, str(server.make_url("")).rstrip("/"), token)
    database.close()


async def dead(desk: Desk) -> list[dict[str, Any]]:
    _, page = await desk.ask("GET", "/v1/deliveries?state=dead")
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_dead_letter_is_listed_counted_and_replayed_under_its_id(desk: Desk) -> None:
    partner = desk.newsroom.subscribe()
    desk.plan()
    [pushed] = desk.push(FAILED)

    [item] = await dead(desk)
    assert (item["id"], item["partner_id"], item["type"]) == (pushed.id, partner.id, "article.published")
    assert (item["attempts"], item["last_status"], item["last_detail"]) == (1, 503, "busy")
    async with desk.session.get(f"{desk.base}/metrics") as metrics:
        text = await metrics.text()
    assert "sokbo_deliveries_dead 1.0" in text
    assert "sokbo_deliveries_exhausted_total 1.0" in text

    path = f"/v1/partners/{partner.id}/replay"
    assert await desk.ask("POST", path, {"state": "dead"}) == (200, {"replayed": 1, "superseded": 0})
    assert await dead(desk) == []
    assert [again.id for again in desk.push(TAKEN)] == [pushed.id]
    _, shown = await desk.ask("GET", f"/v1/deliveries/{pushed.id}")
    assert [(attempt["number"], attempt["verdict"]) for attempt in shown["history"]] == [(1, "retry"), (2, "acknowledged")]
    assert shown["state"] == "acknowledged"


async def test_reach_of_an_article_says_which_event_each_delivery_is_of(desk: Desk) -> None:
    desk.newsroom.subscribe()
    article = desk.newsroom.post()
    desk.newsroom.plan()
    _, reach = await desk.ask("GET", f"/v1/articles/{article.id}/deliveries")
    assert [item["type"] for item in reach["items"]] == ["article.published"]


async def test_reach_of_an_article_is_paged(desk: Desk) -> None:
    partners = {desk.newsroom.subscribe().id for _ in range(5)}
    article = desk.newsroom.post()
    desk.newsroom.plan()
    path = f"/v1/articles/{article.id}/deliveries?limit=3"
    _, first = await desk.ask("GET", path)
    _, second = await desk.ask("GET", f"{path}&after={first['next']}")
    assert [len(first["items"]), len(second["items"]), second["next"]] == [3, 2, None]
    assert {item["partner_id"] for item in first["items"] + second["items"]} == partners


async def test_revisions_are_paged_newest_first(desk: Desk) -> None:
    article = desk.newsroom.post("1")
    for number in range(2, 6):
        desk.newsroom.revise(article, str(number))
    path = f"/v1/articles/{article.id}/revisions"
    _, first = await desk.ask("GET", f"{path}?limit=3")
    _, second = await desk.ask("GET", f"{path}?after={first['next']}")
    titles = [item["title"] for item in first["items"] + second["items"]]
    assert (titles, second["next"]) == (["5", "4", "3", "2", "1"], None)
    assert (await desk.ask("GET", f"{path}?limit=21"))[1]["errors"][0]["field"] == "limit"


async def test_deliveries_are_paged_by_state_and_partner(desk: Desk) -> None:
    one, other = desk.newsroom.subscribe(), desk.newsroom.subscribe()
    for _ in range(3):
        desk.plan()
    assert len((await desk.ask("GET", "/v1/deliveries?state=planned"))[1]["items"]) == 6
    _, first = await desk.ask("GET", f"/v1/deliveries?partner={one.id}&limit=2")
    _, second = await desk.ask("GET", f"/v1/deliveries?partner={one.id}&limit=2&after={first['next']}")
    items = first["items"] + second["items"]
    assert ({item["partner_id"] for item in items}, len(items), second["next"]) == ({one.id}, 3, None)
    assert other.id not in {item["partner_id"] for item in items}


@pytest.mark.parametrize("query", ["state=lost", "partner=x", "after=x", "limit=0", "page=1"])
async def test_query_that_makes_no_sense_is_refused_by_name(desk: Desk, query: str) -> None:
    status, problem = await desk.ask("GET", f"/v1/deliveries?{query}")
    assert (status, problem["errors"][0]["field"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"state": "dead", "since": "2026-03-02T09:00:00Z"}, "ids"),
        ({"state": "planned"}, "state"),
        ({"since": "2026-03-02"}, "since"),
        ({"since": 1}, "since"),
        ({"state": "dead", "until": "2026-03-02T09:00:00Z"}, "until"),
        ({"since": "2026-03-02T09:00:00Z", "until": "2026-03-02T08:59:59Z"}, "until"),
        ({"since": "2026-03-02T09:00:00Z", "until": "2026-03-02T10:00:00+01:00"}, "until"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"ids": ["evt_x"]}, "ids.0"),
        ({"ids": ["evt_\0"]}, "ids.0"),
        ({"all": True}, "all"),
    ],
)
async def test_replay_that_makes_no_sense_is_refused_by_field(desk: Desk, body: dict[str, Any], field: str) -> None:
    status, problem = await desk.ask("POST", f"/v1/partners/{desk.newsroom.subscribe().id}/replay", body)
    assert (status, problem["errors"][0]["field"]) == (422, field)


async def test_replay_is_audited(desk: Desk) -> None:
    partner = desk.newsroom.subscribe()
    await desk.ask("POST", f"/v1/partners/{partner.id}/replay", {"state": "dead"})
    _, page = await desk.ask("GET", "/v1/audit")
    assert [entry["subject"] for entry in page["items"] if entry["action"] == "partner.replay"] == [partner.id]


async def test_another_sites_deliveries_and_partners_are_not_there(desk: Desk) -> None:
    other = Newsroom.open(desk.newsroom.database)
    partner = other.subscribe()
    other.post()
    other.plan()
    with other.database.read() as uow:
        [delivery] = uow.delivery_records.page(other.site.id, None, "", "", 10)
    assert (await desk.ask("GET", "/v1/deliveries"))[1]["items"] == []
    asked = [("GET", f"/v1/deliveries/{delivery.id}"), ("GET", "/v1/deliveries/%00")]
    asked += [("POST", f"/v1/partners/{partner.id}/{operation}") for operation in ("ping", "rotate-secret", "replay")]
    body = {"since": "2026-03-02T09:00:00Z"}
    statuses = {(await desk.ask(method, path, body if path.endswith("replay") else None))[0] for method, path in asked}
    assert statuses == {404}


async def test_ping_is_answered_at_once_and_its_outcome_shown_where_it_says(desk: Desk) -> None:
    partner = desk.newsroom.subscribe()
    status, answer = await desk.ask("POST", f"/v1/partners/{partner.id}/ping")
    path = f"/v1/deliveries/{answer['id']}"
    assert (status, (await desk.ask("GET", path))[1]["state"]) == (202, "planned")
    desk.push(TAKEN)
    _, shown = await desk.ask("GET", path)
    assert (shown["type"], shown["event_id"], shown["state"], shown["history"][0]["status"]) == (
        "ping",
        None,
        "acknowledged",
        204,
    )


async def test_old_secret_signs_beside_the_new_one_until_its_end(desk: Desk) -> None:
    partner = await registered(desk)
    status, rotated = await desk.ask("POST", f"/v1/partners/{partner['id']}/rotate-secret", {"overlap_seconds": 60})
    assert status == 200
    assert rotated["secret"] not in ("", partner["secret"])
    with desk.newsroom.database.read() as uow:
        both = uow.partners.addressees([partner["id"]], uow.now)[partner["id"]].sealed_secrets
    sealer = Sealer(load_secret_key(desk.settings))
    assert [sealer.open(sealed, partner["id"]) for sealed in both] == [rotated["secret"], partner["secret"]]

    await desk.ask("POST", f"/v1/partners/{partner['id']}/rotate-secret", {"overlap_seconds": 0})
    with desk.newsroom.database.read() as uow:
        one = uow.partners.addressees([partner["id"]], uow.now)[partner["id"]].sealed_secrets
    assert len(one) == 1


async def test_pushes_signed_by_a_key_pair_are_verified_with_its_public_half(desk: Desk) -> None:
    made = await registered(desk, signature="v1a")
    assert (made["signature"], "secret" in made) == ("v1a", False)
    path = f"/v1/partners/{made['id']}"
    status, problem = await desk.ask("PATCH", path, {"signature": "v1"})
    assert (status, problem["errors"][0]["field"]) == (422, "signature")
    _, rotated = await desk.ask("POST", f"{path}/rotate-secret", {"signature": "v1"})
    assert rotated["secret"].startswith("whsec_")
    assert (await desk.ask("GET", path))[1]["signature"] == "v1"

    with desk.newsroom.database.read() as uow:
        sealed = uow.partners.addressees([made["id"]], uow.now)[made["id"]].sealed_secrets
    sealer = Sealer(load_secret_key(desk.settings))
    shared, paired = sign([sealer.open(key, made["id"]) for key in sealed], "msg_1", 1_700_000_000, b"{}").split(" ")
    assert shared == sign([rotated["secret"]], "msg_1", 1_700_000_000, b"{}")
    version, _, signature = paired.partition(",")
    assert version == "v1a"
    public = base64.b64decode(made["public_key"].removeprefix("whpk_"))
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), b"msg_1.1700000000.{}")


@pytest.mark.parametrize("body", [{"signature": "v2"}, {"signature": 1}])
async def test_unknown_kind_of_signature_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    partner = desk.newsroom.subscribe()
    for path, more in (
        ("/v1/partners", {"name": "x", "url": "https://x.example/"}),
        (f"/v1/partners/{partner.id}/rotate-secret", {}),
    ):
        status, problem = await desk.ask("POST", path, body | more)
        assert (status, problem["errors"][0]["field"]) == (422, "signature")


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "60", True])
async def test_overlap_is_of_seven_days_at_most(desk: Desk, seconds: object) -> None:
    partner = desk.newsroom.subscribe()
    status, problem = await desk.ask("POST", f"/v1/partners/{partner.id}/rotate-secret", {"overlap_seconds": seconds})
    assert (status, problem["errors"][0]["field"]) == (422, "overlap_seconds")


async def registered(desk: Desk, **fields: str) -> dict[str, Any]:
    _, made = await desk.ask("POST", "/v1/partners", {"name": "Partner", "url": "https://partner.example/hook", **fields})
    partner: dict[str, Any] = made
    return partner


async def test_partner_shows_its_breaker(desk: Desk) -> None:
    partner: Partner = desk.newsroom.subscribe()
    closed = {"state": "closed", "since": None, "next_probe_at": None, "last_detail": None, "retry_after_until": None}
    assert (await desk.ask("GET", f"/v1/partners/{partner.id}"))[1]["breaker"] == closed
    for _ in range(5):
        desk.plan()
    desk.push(FAILED)
    _, shown = await desk.ask("GET", f"/v1/partners/{partner.id}")
    assert (shown["breaker"]["state"], shown["breaker"]["last_detail"]) == ("open", "busy")
    _, enabled = await desk.ask("POST", f"/v1/partners/{partner.id}/enable")
    assert enabled["breaker"] == closed


async def test_partner_shows_until_when_it_has_asked_for_nothing_to_be_sent(desk: Desk) -> None:
    partner: Partner = desk.newsroom.subscribe()
    desk.plan()
    desk.push(replace(FAILED, retry_after_seconds=86_400.0))
    _, shown = await desk.ask("GET", f"/v1/partners/{partner.id}")
    left = datetime.fromisoformat(shown["breaker"]["retry_after_until"]) - datetime.now(UTC)
    assert (shown["breaker"]["state"], timedelta(hours=23) < left <= timedelta(hours=24)) == ("closed", True)
    _, enabled = await desk.ask("POST", f"/v1/partners/{partner.id}/enable")
    assert enabled["breaker"]["retry_after_until"] is None


async def test_failed_ping_is_no_dead_letter_in_the_list_either(desk: Desk) -> None:
    partner = desk.newsroom.subscribe()
    _, ping = await desk.ask("POST", f"/v1/partners/{partner.id}/ping")
    desk.push(FAILED)
    assert await dead(desk) == []
    assert (await desk.ask("GET", f"/v1/deliveries?state=dead&partner={partner.id}"))[1]["items"] == []
    assert (await desk.ask("GET", f"/v1/deliveries/{ping['id']}"))[1]["state"] == "dead"
    desk.plan()
    desk.push(FAILED)
    assert [item["type"] for item in await dead(desk)] == ["article.published"]


async def test_events_are_listed_in_order_with_what_a_webhook_says(desk: Desk) -> None:
    article = desk.newsroom.post("하나")
    desk.newsroom.revise(article, "둘")
    desk.newsroom.post("속보", breaking=True)
    _, first = await desk.ask("GET", "/v1/events?limit=3")
    _, second = await desk.ask("GET", f"/v1/events?after={first['next']}")
    items = first["items"] + second["items"]
    assert [item["sequence"] for item in items] == [1, 2, 3, 4]
    assert [item["type"] for item in items] == ["article.published", "article.updated", "article.published", "breaking.started"]
    assert [item["data"]["article"]["title"] for item in items[:2]] == ["하나", "둘"]
    assert items[3]["data"]["article"]["breaking"] is not None
    assert (second["next"], first["missing"], second["missing"]) == (None, 0, 0)


async def test_events_name_the_sites_images_where_it_has_moved_to(desk: Desk) -> None:
    ours, site = Picture("a" * 64, PictureState.READY, "image/png", 100, 100, 1234), desk.newsroom.site
    with desk.newsroom.database.write() as uow:
        uow.pictures.add([ours], uow.now)
        uow.media.add(Media(MediaId("med_1"), site.id, "b" * 64, uow.now, ours))
        uow.commit()
    desk.newsroom.post(image=Image(site.media_url(ours.name)))
    with desk.newsroom.database.write() as uow:
        moved = sites.change(uow, site.name, {"base_url": "https://moved.example"}, **BY)
        uow.commit()

    _, page = await desk.ask("GET", "/v1/events")

    assert [item["data"]["article"]["image"]["url"] for item in page["items"]] == [moved.media_url(ours.name)]


async def test_events_that_have_been_deleted_are_said_to_be_missing(desk: Desk) -> None:
    for _ in range(4):
        desk.newsroom.post()
    _, before = await desk.ask("GET", "/v1/events")
    forget(desk, [item["id"] for item in before["items"][:2]])
    _, page = await desk.ask("GET", "/v1/events")
    assert ([item["sequence"] for item in page["items"]], page["missing"]) == ([3, 4], 2)
    forget(desk, [item["id"] for item in before["items"][2:]])
    assert (await desk.ask("GET", "/v1/events?after=1"))[1] == {"items": [], "next": None, "missing": 3}


def forget(desk: Desk, event_ids: list[str]) -> None:
    """Deletes them as retention does."""
    with desk.newsroom.database.write() as uow:
        for event_id in event_ids:
            uow.events.lease(Lane.DEFAULT, "me", uow.now, 5.0, 100)
            uow.events.finish([EventId(event_id)], "me", uow.now)
            uow.retention.forget_events(uow.now + timedelta(days=1), 1)
        uow.commit()
