"""Accepts articles and changes to them: each function is one operation within one transaction, committed by its caller."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from service.auth import Caller
from service.ingest import representation
from sokbo.domain.article import Article, Draft, article_url
from sokbo.domain.event import Lane
from sokbo.domain.feed import feed_urls, terms
from sokbo.domain.ids import SiteId
from sokbo.domain.lifecycle import Change, create, revise, withdraw
from sokbo.domain.site import Site
from sokbo.errors import IdempotencyMismatch, NotFound, PreconditionFailed
from sokbo.storage import UnitOfWork
from sokbo.storage.changes import write_change

_ARTICLE_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """An Idempotency-Key and the digest of the request that came with it."""

    key: str
    request_digest: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to an operation, and the article as it is then; the workers of its `lanes` are to be nudged. `replayed`: the
    answer was given before, and the article may have changed since."""

    answer: dict[str, Any]
    article: Article
    lanes: frozenset[Lane] = frozenset()
    action: str = ""
    replayed: bool = False


def accept(uow: UnitOfWork, caller: Caller, draft: Draft, idempotency: Idempotency | None = None) -> Accepted:
    """A new article. The same Idempotency-Key with the same request gets the first answer again.

    Raises IdempotencyMismatch for another request under that key, Conflict for an external_id that is taken.
    """
    site_id = caller.site.id
    if idempotency is not None:
        uow.sites.hold_counters(site_id)  # so that a twin that another service takes is either seen here or waits for us
        kept = uow.idempotency.find(site_id, idempotency.key)
        if kept is not None and kept.request_digest != idempotency.request_digest:
            raise IdempotencyMismatch("another request was accepted under this Idempotency-Key")
        if kept is not None:
            return Accepted(kept.answer, find(uow, site_id, kept.answer["id"]), replayed=True)
    accepted = _write(uow, caller, create(site_id, uow.sites.next_number(site_id), draft, uow.tick()))
    if idempotency is not None:
        uow.idempotency.keep(site_id, idempotency.key, idempotency.request_digest, accepted.answer, uow.now)
    return accepted


def change(
    uow: UnitOfWork, caller: Caller, article_id: str, known: Collection[str] | None, draft: Callable[[Article], Draft]
) -> Accepted:
    """The article with what `draft` makes of it in its place. `known` are the tags of the revisions that may be changed; None:
    any.

    Raises NotFound, PreconditionFailed, Gone, Invalid, Conflict.
    """
    article = _known(uow, caller, article_id, known)
    changed = revise(article, draft(article), uow.tick())
    return Accepted(described(caller.site, article), article) if changed is None else _write(uow, caller, changed)


def withdraw_article(uow: UnitOfWork, caller: Caller, article_id: str, known: Collection[str] | None) -> Accepted:
    """The article withdrawn; `known` as for `change`. Raises NotFound, PreconditionFailed."""
    article = _known(uow, caller, article_id, known)
    changed = withdraw(article, uow.tick())
    return Accepted(described(caller.site, article), article) if changed is None else _write(uow, caller, changed)


def find(uow: UnitOfWork, site_id: SiteId, article_id: str, *, lock: bool = False) -> Article:
    """The site's article; `lock` keeps others from changing it until the transaction ends. Raises NotFound."""
    article = uow.articles.get(site_id, article_id, lock=lock) if _ARTICLE_ID.fullmatch(article_id) else None
    if article is None:
        raise NotFound("the site has no such article")
    return article


def _known(uow: UnitOfWork, caller: Caller, article_id: str, known: Collection[str] | None) -> Article:
    article = find(uow, caller.site.id, article_id, lock=True)
    if known is not None and etag(article.revision) not in known:
        raise PreconditionFailed(f"the article is at revision {article.revision}", headers={"ETag": etag(article.revision)})
    return article


def _write(uow: UnitOfWork, caller: Caller, change: Change) -> Accepted:
    events = write_change(uow, change, actor=caller.key.prefix, request_id=caller.request_id)
    return Accepted(
        answer=described(caller.site, change.article),
        article=change.article,
        lanes=frozenset(event.lane for event in events),
        action=change.action,
    )


def described(site: Site, article: Article) -> dict[str, Any]:
    """Where an article stands, as every answer about it says."""
    return {
        "id": article.id,
        "number": article.number,
        "slug": article.slug,
        "revision": article.revision,
        "state": article.state,
        "published_at": article.published_at and article.published_at.isoformat(),
        "modified_at": article.modified_at.isoformat(),
        "breaking_until": article.breaking_until and article.breaking_until.isoformat(),
        "url": article_url(site, article),
        "urls": {
            "permalink": site.url(str(article.number)),
            **feed_urls(site),
            "listings": [site.url(listing.path) for listing in terms(article.content)],
        },
    }


def in_full(site: Site, article: Article) -> dict[str, Any]:
    """The article as its publisher could send it again, and where it stands."""
    return representation(article) | described(site, article)


def etag(revision: int) -> str:
    """The revision as an entity tag (RFC 9110 section 8.8.3)."""
    return f'"{revision}"'
