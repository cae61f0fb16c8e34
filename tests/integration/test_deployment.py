"""What docker-compose.yml deploys, as plain processes: nginx before two services, workers, beat, PostgreSQL, Valkey."""

import gzip
import http.client
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sokbo.settings import Settings
from tests.databases import Maker, new_name
from tests.integration.compose import HTTP_SERVICES, NGINX, OURS, Deployment, deployed, nginx_command
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx, which is not installed")

FEED = "/news/feed.atom"
WITHIN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """The deployment with a site `news` and a key to it."""

    deployment: Deployment
    key: str

    def get(self, path: str, *, at: str = "nginx", **headers: str) -> Answer:
        return self.ask("GET", path, at=at, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def call(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Answer:
        bearer = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, path, body=json.dumps(body).encode(), headers=bearer | named)

    def ask(self, method: str, path: str, *, headers: dict[str, str], at: str = "nginx", body: bytes | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.deployment.ports[at], timeout=10)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def shows(self, title: str) -> bool:
        return title.encode() in self.get(FEED).body


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postgresql: Maker) -> Iterator[Site]:
    with deployed(tmp_path_factory.mktemp("deployment"), postgresql.create(new_name())) as deployment:
        deployment.run(["sokbo", "site", "create", "news", "--title", "News"])
        made = deployment.run(["sokbo", "key", "create", "--site", "news", "--scope", "publish", "--scope", "partners"])
        site = Site(deployment, made.splitlines()[-1])
        # Its documents are there, and at both services.
        eventually(lambda: all(site.get(FEED, at=name).status == 200 for name in (*HTTP_SERVICES, "nginx")), WITHIN_SECONDS)
        yield site


def test_article_posted_through_nginx_is_read_through_nginx(site: Site) -> None:
    posted = site.call("POST", "/v1/articles", {"title": "Ferries return", "markdown": "At *dawn*."})

    assert posted.status == 201
    assert "X-Cache" not in posted.headers
    eventually(lambda: site.shows("Ferries return"), WITHIN_SECONDS)
    path = json.loads(posted.body)["url"].partition(str(site.deployment.ports["nginx"]))[2]
    assert b"<em>dawn</em>" in site.get(path).body


def test_form_for_the_hub_passes_nginx_as_it_is(site: Site) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = site.ask("POST", "/news/hub", headers=form, body=b"hub.mode=subscribe")
    assert (refused.status, refused.body) == (400, b"hub.topic must be given\n")
    for path in ("/news/hub", "/hub"):
        topic = site.get(FEED).headers["Link"].partition(">")[0].removeprefix("<")
        body = f"hub.mode=subscribe&hub.callback=http://127.0.0.2/&hub.topic={topic}".encode()
        assert site.ask("POST", path, headers=form, body=body).status == 202


def test_second_reader_is_answered_from_the_cache(site: Site) -> None:
    eventually(lambda: site.get(FEED).headers["X-Cache"] == "HIT", WITHIN_SECONDS)


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip", "deflate, gzip;q=0.5"])
def test_prepared_gzip_passes_untouched_and_once_for_all_its_spellings(site: Site, accepted: str) -> None:
    def both_the_same() -> bool:
        direct, cached, other = (
            site.get(FEED, at=at, Accept_Encoding=coding)
            for at, coding in (("service1", "gzip"), ("nginx", accepted), ("nginx", "gzip"))
        )
        is_cached = cached.headers["X-Cache"] == other.headers["X-Cache"] == "HIT"
        # Which gzip of the document the cache has depends on when it fetched it.
        return is_cached and cached.body == other.body and gzip.decompress(cached.body) == gzip.decompress(direct.body)

    eventually(both_the_same, WITHIN_SECONDS)
    answer = site.get(FEED, Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert re.search('-gzw?"$', answer.headers["ETag"])
    assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    assert b"<feed" in gzip.decompress(answer.body)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "br, gzip; q=0.0"])
def test_reader_who_takes_no_gzip_gets_none(site: Site, accepted: str) -> None:
    answer = site.get(FEED, Accept_Encoding=accepted)

    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    assert b"<feed" in answer.body


def test_feed_opened_in_a_browser_is_kept_apart_from_what_readers_get(site: Site) -> None:
    def types() -> list[str]:
        return [site.get(FEED, **headers).headers["Content-Type"] for headers in ({"Sec_Fetch_Dest": "document"}, {})]

    for _ in range(3):
        assert types() == ["application/xml; charset=utf-8", "application/atom+xml; charset=utf-8"]


def test_reader_who_has_it_gets_304_from_the_cache(site: Site) -> None:
    def not_modified() -> bool:
        answer = site.get(FEED, If_None_Match=site.get(FEED).headers["ETag"])
        return answer.status == 304 and answer.headers["X-Cache"] == "HIT"

    eventually(not_modified, WITHIN_SECONDS)


def test_reader_who_has_it_since_later_gets_304_as_from_the_service(site: Site) -> None:
    later = {"If_Modified_Since": "Tue, 01 Jan 2199 00:00:00 GMT"}
    assert site.get(FEED).status == 200  # now it is cached
    assert [site.get(FEED, at=at, **later).status for at in ("nginx", HTTP_SERVICES[0])] == [304, 304]


def test_change_passes_the_cache_within_seconds(site: Site) -> None:
    posted = site.call("POST", "/v1/articles", {"title": "Storm nears", "markdown": "It nears."})
    eventually(lambda: site.shows("Storm nears"), WITHIN_SECONDS)

    changed = site.call("PATCH", posted.headers["Location"], {"title": "Storm has passed"}, If_Match='"1"')

    assert changed.status == 200
    eventually(lambda: site.shows("Storm has passed"), 6.0)
    assert not site.shows("Storm nears")


def test_unchanged_document_is_only_revalidated(site: Site) -> None:
    def revalidated() -> bool:
        site.get(FEED)
        answered = b"".join(site.get("/metrics", at=name).body for name in HTTP_SERVICES)
        return b'sokbo_http_request_seconds_count{method="GET",status="304"}' in answered

    eventually(revalidated, WITHIN_SECONDS)


def test_site_with_a_host_of_its_own_is_found_by_it(site: Site) -> None:
    site.deployment.run(["sokbo", "site", "create", "harbour", "--title", "Harbour Post", "--base-url", "http://harbour.example"])

    eventually(lambda: b"Harbour Post" in site.get("/feed.atom", Host="harbour.example").body, WITHIN_SECONDS)
    assert b"Harbour Post" not in site.get("/feed.atom").body


def test_neither_refusals_nor_the_api_are_cached(site: Site) -> None:
    refused = site.get("/v1/articles/none")

    assert refused.status == 401
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert site.get("/news/nothing").headers["X-Cache"] == "MISS"
    assert site.get("/news/nothing").headers["X-Cache"] == "MISS"


def test_person_at_a_wrong_address_gets_a_page(site: Site) -> None:
    answer = site.get("/news/nothing", Accept="text/html,*/*;q=0.8", Accept_Language="ko")

    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert site.get("/news/nothing").headers["Content-Type"] == "application/problem+json"


def test_private_feed_is_kept_nowhere_and_its_reader_gets_304(site: Site) -> None:
    made = site.call("POST", "/v1/selections", {"name": "quiet", "title": "Quiet", "private": True})
    assert made.status == 201, made.body
    path = urlsplit(json.loads(made.body)["feeds"]["atom"]).path
    eventually(lambda: site.get(path).status == 200, WITHIN_SECONDS)
    feed = site.get(path)

    assert "X-Cache" not in feed.headers
    assert site.get(path, If_None_Match=feed.headers["ETag"]).status == 304


def test_metrics_are_for_those_behind_nginx_only(site: Site) -> None:
    assert site.get("/metrics").status == 404
    assert site.get("/metrics", at="service1").status == 200


@pytest.mark.parametrize("name", sorted(name for name in OURS if name != "migrate"))
def test_health_check_passes(site: Site, name: str) -> None:
    assert site.deployment.is_healthy(name)


def test_nginx_accepts_its_configuration_without_a_warning(site: Site, tmp_path: Path) -> None:
    said = subprocess.run([*nginx_command(tmp_path, site.deployment.ports), "-t"], capture_output=True, text=True, check=True)

    assert "[warn]" not in said.stderr


def test_guesses_are_counted_for_the_address_that_they_come_from_alone(site: Site) -> None:
    def guess(address: str) -> int:
        headers = {"Authorization": "Bearer sokbo_wrong", "X-Forwarded-For": f"192.0.2.9, {address}"}
        return site.ask("GET", "/v1/deliveries", headers=headers).status

    most = 2 * len(HTTP_SERVICES) * Settings().unknown_keys_per_minute  # at each service, while the count goes down again
    assert 429 in (guess("192.0.2.1") for _ in range(most))
    assert guess("192.0.2.2") == 401
