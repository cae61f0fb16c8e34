"""The audit trail. It only grows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from sokbo.domain.ids import SiteId
from sokbo.storage.session import Session
from sokbo.storage.tables import audit

_INSERT = insert(audit)
#: How far back a mark is looked for: many times what is written while that is asked.
_RECENT_ROWS = 20_000
_recent = select(audit).order_by(audit.c.id.desc()).limit(_RECENT_ROWS).subquery()
_MARK = ("site_id", "at", "actor", "action", "subject", "request_id")
_HOLDS = select(_recent.c.id).where(*(_recent.c[name] == bindparam(name) for name in _MARK)).limit(1)


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
        #: What was recorded last, by which the transaction can be told from all others.
        self.mark: Mapping[str, Any] | None = None

    def record(self, site_id: SiteId, actor: str, action: str, subject: str, request_id: str, now: datetime) -> None:
        """`actor` is a key's prefix, `cli`, `sweeper` or `worker`; `action` a verb such as `article.accept`; `subject` what it
        was done to: an id, a key's prefix, a site's or a selection's name, a backup's file name."""
        self.mark = dict(zip(_MARK, (site_id, now, actor, action, subject, request_id), strict=True))
        self._session.insert_later(_INSERT, self.mark)

    def holds(self, mark: Mapping[str, Any]) -> bool:
        """True if that was recorded lately."""
        return self._session.execute(_HOLDS, mark).first() is not None

    def page(self, site_id: SiteId, after: int, limit: int) -> Sequence[AuditEntry]:
        """Up to `limit` of the site's entries whose ids follow `after`, oldest first."""
        statement = select(*(audit.c[name] for name in AuditEntry.__slots__))
        rows = self._session.execute(
            statement.where(audit.c.site_id == site_id, audit.c.id > after).order_by(audit.c.id).limit(limit)
        )
        return [AuditEntry(*row) for row in rows]
