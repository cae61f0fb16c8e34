"""/v1/articles: post, read, replace, change, withdraw."""

import hashlib
from collections.abc import Callable, Collection

import structlog
from aiohttp import web

from service import ingest
from service.auth import Caller
from service.bodies import read_body
from service.json_http import MERGE_PATCH_TYPES, if_match, json_response, refuse_parameters, require_type
from service.parsing import Parser
from service.preflight import concerned, dry_run, is_dry_run, warnings_of
from service.publishing import Accepted, Idempotency, accept, change, etag, find, in_full, withdraw_article
from service.services import Services
from sokbo.domain.article import Article, Draft
from sokbo.domain.key import Scope
from sokbo.errors import BadRequest, PreconditionRequired
from sokbo.storage import UnitOfWork

MAX_IDEMPOTENCY_KEY_CHARACTERS = 255

log = structlog.get_logger()


def add_article_routes(app: web.Application, services: Services) -> None:
    """Adds the routes below /v1/articles."""
    articles = Articles(services)
    app.router.add_post("/v1/articles", articles.post)
    app.router.add_get("/v1/articles/{id}", articles.get)
    app.router.add_put("/v1/articles/{id}", articles.put)
    app.router.add_patch("/v1/articles/{id}", articles.patch)
    app.router.add_delete("/v1/articles/{id}", articles.delete)


class Articles:
    """The handlers. Each authenticates before it reads the body."""

    def __init__(self, services: Services):
        self._services = services
        self._parser = Parser()

    async def post(self, request: web.Request) -> web.Response:
        caller = await self._services.authenticator.admit(request, Scope.PUBLISH)
        body = await read_body(request)
        idempotency = _idempotency(request, body)
        draft = await self._parser.parse(request.headers.get("Content-Type", ""), body, caller.site)
        if is_dry_run(request):
            return json_response(await self._services.read(lambda uow: dry_run(uow, caller, draft)))
        accepted = await self._write(lambda uow: accept(uow, caller, draft, idempotency))
        return await self._answer(caller, accepted, status=201)

    async def get(self, request: web.Request) -> web.Response:
        caller = await self._services.authenticator.admit(request, Scope.READ)
        article = await self._services.read(lambda uow: find(uow, caller.site.id, request.match_info["id"]))
        answer = {**in_full(caller.site, article), "warnings": await self._warnings(caller, article)}
        return json_response(answer, headers={"ETag": etag(article.revision)})

    async def put(self, request: web.Request) -> web.Response:
        caller = await self._services.authenticator.admit(request, Scope.PUBLISH)
        refuse_parameters(request)
        known = if_match(request)
        draft = await self._parser.parse(request.headers.get("Content-Type", ""), await read_body(request), caller.site)
        accepted = await self._write(lambda uow: change(uow, caller, request.match_info["id"], known, lambda _: draft))
        return await self._answer(caller, accepted)

    async def patch(self, request: web.Request) -> web.Response:
        caller = await self._services.authenticator.admit(request, Scope.PUBLISH)
        refuse_parameters(request)
        if "If-Match" not in request.headers:
            raise PreconditionRequired('a PATCH must say which revision it changes, such as If-Match: "3"')
        known = if_match(request)
        require_type(request, MERGE_PATCH_TYPES)
        body = await read_body(request)
        merged = await self._merger(caller, request.match_info["id"], known, body)
        accepted = await self._write(lambda uow: change(uow, caller, request.match_info["id"], known, merged))
        return await self._answer(caller, accepted)

    async def _merger(
        self, caller: Caller, article_id: str, known: Collection[str] | None, body: bytes
    ) -> Callable[[Article], Draft]:
        """What merges the body with the article. It has been merged with what the article is now, so that nobody waits for that
        while the database is locked; should the article be another then, it is merged anew."""
        now = await self._services.read(lambda uow: find(uow, caller.site.id, article_id))
        if known is not None and etag(now.revision) not in known:  # to be refused, whatever the body holds
            return lambda article: ingest.merge(article, body, caller.site)
        draft = await self._parser.merge(now, body, caller.site)
        return lambda article: draft if article == now else ingest.merge(article, body, caller.site)

    async def delete(self, request: web.Request) -> web.Response:
        caller = await self._services.authenticator.admit(request, Scope.PUBLISH)
        refuse_parameters(request)
        known = if_match(request)
        accepted = await self._write(lambda uow: withdraw_article(uow, caller, request.match_info["id"], known))
        return await self._answer(caller, accepted)

    async def _answer(self, caller: Caller, accepted: Accepted, status: int = 200) -> web.Response:
        headers = {"Location": f"/v1/articles/{accepted.article.id}", "ETag": etag(accepted.answer["revision"])}
        if accepted.replayed:
            headers["Idempotency-Replayed"] = "true"
        return json_response(
            {**accepted.answer, "warnings": await self._warnings_if_known(caller, accepted.article)}, status, headers
        )

    async def _warnings_if_known(self, caller: Caller, article: Article) -> list[dict[str, object]]:
        """The warnings; none where they can't be found out: what is committed is never answered with an error."""
        try:
            return await self._warnings(caller, article)
        except Exception:  # the edge: whatever it is, the operation is done
            log.exception("warnings_unknown", article_id=article.id)
            return []

    async def _warnings(self, caller: Caller, article: Article) -> list[dict[str, object]]:
        selections = concerned(caller.site, article, self._services.selections.of(caller.site.id))
        return await self._services.read(lambda uow: warnings_of(uow, caller.site, article, selections)) if selections else []

    async def _write(self, operation: Callable[[UnitOfWork], Accepted]) -> Accepted:
        """What was accepted; by then it is committed, the workers are told, and so is the log."""
        accepted = await self._services.writer.do(operation, self._nudge)
        if accepted.action:
            self._services.metrics.accepted.labels(accepted.action).inc()
            log.info(
                "article_accepted",
                action=accepted.action,
                article_id=accepted.answer["id"],
                revision=accepted.answer["revision"],
                state=accepted.answer["state"],
            )
        return accepted

    def _nudge(self, accepted: Accepted) -> None:
        if accepted.lanes:
            self._services.nudger.nudge(accepted.lanes)


def _idempotency(request: web.Request, body: bytes) -> Idempotency | None:
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    if len(keys) > 1:
        raise BadRequest("a request must have one Idempotency-Key at most")
    [key] = keys
    if not (1 <= len(key) <= MAX_IDEMPOTENCY_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise BadRequest(f"Idempotency-Key must have 1 to {MAX_IDEMPOTENCY_KEY_CHARACTERS} printable ASCII characters")
    digest = hashlib.sha256(f"{request.method} {request.path}\n{request.content_type}\n".encode() + body)
    return Idempotency(key, digest.hexdigest())
