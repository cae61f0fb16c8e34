"""API keys, found by their token's digest."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from sokbo.domain.ids import KeyId, SiteId
from sokbo.domain.key import ApiKey, Scope
from sokbo.storage.session import Session
from sokbo.storage.tables import api_keys

_BY_DIGESTS = select(api_keys).where(api_keys.c.digest.in_(bindparam("digests", expanding=True)), api_keys.c.revoked_at.is_(None))


class KeyRepository:
    def __init__(self, session: Session):
        self._session = session

    def add(self, key: ApiKey, digest: str) -> None:
        self._session.execute(
            insert(api_keys).values(
                id=key.id,
                site_id=key.site_id,
                prefix=key.prefix,
                digest=digest,
                scopes=sorted(key.scopes),
                label=key.label,
                created_at=key.created_at,
            )
        )

    def by_digests(self, digests: Collection[str]) -> dict[str, ApiKey]:
        """The keys with these digests, by digest, but for those that are revoked."""
        rows = self._session.execute(_BY_DIGESTS, {"digests": [*digests]})
        return {row.digest: _key(row) for row in rows}

    def of_site(self, site_id: SiteId) -> Sequence[ApiKey]:
        """The site's keys that are not revoked, oldest first."""
        statement = select(api_keys).where(api_keys.c.site_id == site_id, api_keys.c.revoked_at.is_(None))
        return [_key(row) for row in self._session.execute(statement.order_by(api_keys.c.id))]

    def revoke(self, site_id: SiteId, prefix: str, now: datetime) -> int:
        """How many keys with this prefix were revoked."""
        statement = update(api_keys).where(
            api_keys.c.site_id == site_id, api_keys.c.prefix == prefix, api_keys.c.revoked_at.is_(None)
        )
        return self._session.execute(statement.values(revoked_at=now)).rowcount


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=KeyId(row.id),
        site_id=SiteId(row.site_id),
        prefix=row.prefix,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        label=row.label,
    )
