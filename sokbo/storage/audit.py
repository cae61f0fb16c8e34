"""The audit trail. It only grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from sokbo.domain.ids import SiteId
from sokbo.storage.session import Session
from sokbo.storage.tables import audit

_INSERT = insert(audit)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, when, and in which request."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    request_id: str


class AuditRepository:
    def __init__(self, session: Session):
        self._session = session

    def record(self, site_id: SiteId, actor: str, action: str, subject: str, request_id: str, now: datetime) -> None:
        """`actor` is a key's prefix, `cli`, `sweeper` or `worker`; `action` a verb such as `article.accept`; `subject` an id."""
        self._session.insert_later(
            _INSERT,
            {"site_id": site_id, "at": now, "actor": actor, "action": action, "subject": subject, "request_id": request_id},
        )

    def page(self, site_id: SiteId, after: int, limit: int) -> Sequence[AuditEntry]:
        """Up to `limit` of the site's entries whose ids follow `after`, oldest first."""
        statement = select(*(audit.c[name] for name in AuditEntry.__slots__))
        rows = self._session.execute(
            statement.where(audit.c.site_id == site_id, audit.c.id > after).order_by(audit.c.id).limit(limit)
        )
        return [AuditEntry(*row) for row in rows]
