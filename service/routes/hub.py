"""/hub: a WebSub hub (W3C WebSub section 5) for all feeds and pages, below each site and on every host."""

from http import HTTPStatus

import structlog
from aiohttp import web

from service.auth import ask_for_body
from service.bodies import read_body
from service.json_http import asked_host, require_type
from service.limits import RateLimit, network_of
from service.middlewares import tell_operator
from service.notices import not_found
from service.proxies import TrustedProxies
from service.services import Services
from service.site_directory import SiteDirectory
from service.subscribing import PUBLISH, SECRET_BYTES, Topics, Wanted, parse, parse_form, read_mode
from sokbo.broker import Task
from sokbo.domain.event import Lane
from sokbo.domain.ids import IntentId, PartnerId, SiteId, new_id
from sokbo.domain.site import HUB_PATH
from sokbo.domain.subscription import (
    DEFAULT_LEASE_SECONDS,
    MAX_LEASE_SECONDS,
    MIN_LEASE_SECONDS,
    Intent,
    Mode,
    subscriber_id,
)
from sokbo.errors import MethodNotAllowed, NotFound, SokboError, TooLarge, Unavailable
from sokbo.storage import UnitOfWork

FORM_TYPES = ("application/x-www-form-urlencoded",)
MAX_FORM_BYTES = 16 * 1024
#: Requests that may wait to be verified.
MAX_WAITING = 10_000
ALLOW = "GET, HEAD, POST"
EXPLANATION = f"""This is a WebSub hub (W3C Recommendation, https://www.w3.org/TR/websub/).

Every feed and page of its sites is a topic: fetch it, and take the URL that its Link header names as rel="self".
To be sent a topic's content whenever it changes, POST a form here:

  hub.mode=subscribe (or unsubscribe)
  hub.topic=the topic's URL
  hub.callback=your URL, which is asked at once whether you mean it
  hub.secret=up to {SECRET_BYTES - 1} bytes, with which what you are sent is signed (optional)
  hub.lease_seconds=for how long, from {MIN_LEASE_SECONDS} to {MAX_LEASE_SECONDS}; {DEFAULT_LEASE_SECONDS} if not said

hub.mode=publish is understood, too, but needless: the hub knows of every change.
"""

log = structlog.get_logger()


def add_hub_routes(
    app: web.Application, services: Services, directory: SiteDirectory, topics: Topics, proxies: TrustedProxies
) -> None:
    """Adds the hub below each site, and at /hub."""
    hub = Hub(services, topics, proxies)

    async def below_site(request: web.Request) -> web.StreamResponse:
        site = directory.below(asked_host(request), request.match_info["site"])
        return not_found(request, None) if site is None else await hub.serve(request)

    app.router.add_route("*", f"/{HUB_PATH}", hub.serve)
    app.router.add_route("*", f"/{{site}}/{HUB_PATH}", below_site)


class Hub:
    """The handlers. Whoever breaks a rule is told which, as plain text."""

    def __init__(self, services: Services, topics: Topics, proxies: TrustedProxies):
        self._services = services
        self._topics = topics
        self._proxies = proxies
        self._limit = RateLimit(services.settings.hub_requests_per_minute)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """What the hub is, or 202 once a request is written, whatever its verification will say. Raises MethodNotAllowed."""
        if request.method in {"GET", "HEAD"}:
            return web.Response(text=EXPLANATION, headers={"Cache-Control": "public, max-age=3600"})
        if request.method != "POST":
            raise MethodNotAllowed("a hub takes forms by POST", headers={"Allow": ALLOW})
        try:
            return await self._take(request)
        except SokboError as error:
            tell_operator(request, error)
            return web.Response(status=error.status, text=f"{error.message}\n", headers=error.headers)

    async def _take(self, request: web.Request) -> web.Response:
        self._limit.spend(network_of(self._proxies.origin_of(request)))
        require_type(request, FORM_TYPES)
        await ask_for_body(request, MAX_FORM_BYTES)
        body = await read_body(request)
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(f"the body must have at most {MAX_FORM_BYTES} bytes")
        fields = parse_form(body)
        if read_mode(fields) == PUBLISH:
            await self._topics.find(fields.get("hub.url") or fields.get("hub.topic") or "")
            return web.Response(status=HTTPStatus.NO_CONTENT)
        await self._request(parse(fields))
        return web.Response(status=HTTPStatus.ACCEPTED)

    async def _request(self, wanted: Wanted) -> None:
        """Writes the request, and has it verified. Raises BadRequest, NotFound, Unavailable."""
        subscriber = subscriber_id(wanted.topic, wanted.callback)
        site_id, path = await self._topic(wanted, subscriber)
        intent = Intent(
            id=IntentId(new_id("int")),
            subscriber_id=subscriber,
            site_id=site_id,
            path=path,
            mode=wanted.mode,
            topic=wanted.topic,
            callback=wanted.callback,
            lease_seconds=wanted.lease_seconds,
            secret_sealed=self._services.sealer.seal(wanted.secret, subscriber),
        )
        await self._services.writer.do(lambda uow: _write(uow, intent))
        self._services.nudger.nudge([Lane.DEFAULT], Task.VERIFY)
        log.info("subscription_requested", subscriber_id=subscriber, mode=intent.mode, topic=intent.topic)

    async def _topic(self, wanted: Wanted, subscriber: PartnerId) -> tuple[SiteId, str]:
        """Where the topic is; whoever is subscribed can unsubscribe from one that is there no more. Raises NotFound."""
        try:
            site, path = await self._topics.find(wanted.topic)
        except NotFound:
            if wanted.mode is Mode.UNSUBSCRIBE:
                held = await self._services.read(lambda uow: uow.subscriptions.in_force([subscriber], uow.now).get(subscriber))
                if held is not None:
                    return held.site_id, held.path
            raise
        return site.id, path


def _write(uow: UnitOfWork, intent: Intent) -> None:
    if uow.subscriptions.waiting() >= MAX_WAITING:
        raise Unavailable("too many requests wait to be verified", headers={"Retry-After": "60"})
    uow.subscriptions.request(intent)
