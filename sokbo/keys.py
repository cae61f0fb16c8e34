"""Issuing and revoking API keys. Each operation happens within the caller's transaction, with its audit; the caller commits."""

from collections.abc import Iterable

from sokbo.domain.ids import KeyId, SiteId, new_id
from sokbo.domain.key import VISIBLE_CHARACTERS, ApiKey, Scope, new_token, token_digest
from sokbo.errors import FieldError, Invalid, NotFound
from sokbo.fields import line
from sokbo.storage import UnitOfWork

MAX_LABEL = 200


def issue(
    uow: UnitOfWork, site_id: SiteId, scopes: Iterable[Scope], label: str, *, actor: str, request_id: str
) -> tuple[ApiKey, str]:
    """A new key and its token, which can't be read again. Raises Invalid for a label that isn't a line of text."""
    try:
        label = line(MAX_LABEL, empty=True)(label)
    except ValueError as broken:
        raise Invalid(FieldError("label", str(broken))) from None
    token = new_token()
    key = ApiKey(
        id=KeyId(new_id("key")),
        site_id=site_id,
        prefix=token[:VISIBLE_CHARACTERS],
        scopes=frozenset(scopes),
        created_at=uow.now,
        label=label,
    )
    uow.keys.add(key, token_digest(token))
    uow.audit.record(site_id, actor, "key.issue", key.prefix, request_id, uow.now)
    return key, token


def revoke(uow: UnitOfWork, site_id: SiteId, prefix: str, *, actor: str, request_id: str) -> None:
    """Ends the site's key with this visible prefix. Raises NotFound if there is none."""
    if not uow.keys.revoke(site_id, prefix, uow.now):
        raise NotFound(f"the site has no key {prefix}")
    uow.audit.record(site_id, actor, "key.revoke", prefix, request_id, uow.now)
