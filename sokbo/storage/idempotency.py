"""Answers kept under their Idempotency-Key, written in the transaction of what they answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from sokbo.domain.ids import SiteId
from sokbo.storage.session import Session
from sokbo.storage.tables import idempotency_keys

_INSERT = insert(idempotency_keys)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    request_digest: str
    answer: dict[str, Any]


class IdempotencyRepository:
    def __init__(self, session: Session):
        self._session = session

    def find(self, site_id: SiteId, key: str) -> KeptAnswer | None:
        statement = select(idempotency_keys).where(idempotency_keys.c.site_id == site_id, idempotency_keys.c.key == key)
        row = self._session.execute_ahead(statement, {}).first()
        return None if row is None else KeptAnswer(row.request_digest, row.answer)

    def keep(self, site_id: SiteId, key: str, request_digest: str, answer: dict[str, Any], now: datetime) -> None:
        self._session.execute_ahead(
            _INSERT, {"site_id": site_id, "key": key, "request_digest": request_digest, "answer": answer, "created_at": now}
        )
