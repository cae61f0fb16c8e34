"""The audit trail. It only grows."""

from datetime import datetime

from sqlalchemy import Connection, insert

from sokbo.domain.ids import SiteId
from sokbo.storage.tables import audit

_INSERT = insert(audit)


class AuditRepository:
    def __init__(self, connection: Connection):
        self._connection = connection

    def record(self, site_id: SiteId, actor: str, action: str, subject: str, request_id: str, now: datetime) -> None:
        """`actor` is a key's visible prefix or `cli`; `action` a verb such as `article.accept`; `subject` an id."""
        self._connection.execute(
            _INSERT,
            {"site_id": site_id, "at": now, "actor": actor, "action": action, "subject": subject, "request_id": request_id},
        )
