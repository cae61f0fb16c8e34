"""What came of attempts to deliver, recorded in batches by whoever held the deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, tuple_, update

from sokbo.domain.delivery import Delivery, DeliveryState, Outcome, Verdict
from sokbo.domain.ids import DeliveryId
from sokbo.storage.delivery_tables import attempts, deliveries
from sokbo.storage.planning import supersede
from sokbo.storage.session import Session


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of one attempt, and the delivery as it was leased and as it is after it."""

    leased: Delivery
    delivery: Delivery
    outcome: Outcome


class OutcomeRepository:
    def __init__(self, session: Session):
        self._session = session

    def record(self, recorded: Sequence[Recorded], holder: str, now: datetime) -> None:
        """Writes attempts and where they leave their deliveries; a delivery that `holder` has lost keeps its state, and so does
        one that has failed and was given new time meanwhile. One that has failed while something newer waits for the same
        partner is superseded."""
        acknowledged: dict[tuple[int | None, str], list[DeliveryId]] = {}
        others = []
        for item in recorded:
            if item.outcome.verdict is Verdict.ACKNOWLEDGED:
                acknowledged.setdefault((item.outcome.status, item.outcome.detail), []).append(item.delivery.id)
            else:
                others.append({"holder": holder, "now": now, **_left(item)})
        for (status, detail), ids in acknowledged.items():  # nearly all of them are one such group
            given = {"delivery_ids": ids, "holder": holder, "now": now, "status": status, "detail": detail}
            self._session.execute(_RECORD_ACKNOWLEDGED, given)
        self._session.execute(_ADD_ATTEMPTS, [_attempt_row(item, now) for item in recorded])
        if others:
            self._session.execute(_RECORD, others)
            failed = [row["delivery_id"] for row in others]
            self._session.execute(_LET_GO, {"delivery_ids": failed, "holder": holder, "now": now})
            self._session.execute(supersede(deliveries.c.id.in_(failed)))

    def supersede(self, overtaken: Sequence[DeliveryId], holder: str) -> None:
        """Supersedes these without an attempt, but for those that `holder` has lost."""
        if overtaken:
            self._session.execute(_DROP, {"delivery_ids": overtaken, "holder": holder})

    def unrecorded(self, finished: Sequence[tuple[Delivery, Outcome]]) -> list[tuple[Delivery, Outcome]]:
        """Those of the finished attempts that aren't written yet, for whoever doesn't know whether they are."""
        made = [(delivery.id, delivery.attempts + 1) for delivery, _ in finished]
        if not made:
            return []
        key = tuple_(attempts.c.delivery_id, attempts.c.number)
        rows = self._session.execute(select(attempts.c.delivery_id, attempts.c.number).where(key.in_(made)))
        written = {(row.delivery_id, row.number) for row in rows}
        return [item for item, attempt in zip(finished, made, strict=True) if attempt not in written]


_ADD_ATTEMPTS = insert(attempts)
_ENDED = {
    "attempts": deliveries.c.attempts + 1,
    "put_off_at": bindparam("now", type_=deliveries.c.put_off_at.type),
    "lease_holder": None,
    "lease_until": None,
}
_RECORD_ACKNOWLEDGED = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("delivery_ids", expanding=True)), deliveries.c.lease_holder == bindparam("holder"))
    .values(
        _ENDED
        | {
            "state": DeliveryState.ACKNOWLEDGED,
            "next_attempt_at": None,
            "acknowledged_at": func.coalesce(deliveries.c.acknowledged_at, _ENDED["put_off_at"]),
            "last_status": bindparam("status"),
            "last_detail": bindparam("detail"),
        }
    )
)
#: After `_RECORD`: those that were given new time.
_LET_GO = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("delivery_ids", expanding=True)), deliveries.c.lease_holder == bindparam("holder"))
    .values(_ENDED)
)
_DROP = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("delivery_ids", expanding=True)), deliveries.c.lease_holder == bindparam("holder"))
    .values(state=DeliveryState.SUPERSEDED, next_attempt_at=None, lease_holder=None, lease_until=None)
)
_LEFT = ("state", "retries", "give_up_at", "next_attempt_at", "acknowledged_at", "last_status", "last_detail")
_RECORD = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery_id"),
        deliveries.c.lease_holder == bindparam("holder"),
        deliveries.c.give_up_at == bindparam("known_give_up_at", type_=deliveries.c.give_up_at.type),
    )
    .values({name: bindparam(f"new_{name}", type_=deliveries.c[name].type) for name in _LEFT} | _ENDED)
)


def _left(item: Recorded) -> dict[str, Any]:
    known = {"delivery_id": item.delivery.id, "known_give_up_at": item.leased.give_up_at}
    return known | {f"new_{name}": getattr(item.delivery, name) for name in _LEFT}


def _attempt_row(item: Recorded, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": item.delivery.id,
        "number": item.delivery.attempts,
        "ended_at": now,
        "duration_seconds": item.outcome.duration_seconds,
        "verdict": item.outcome.verdict,
        "status": item.outcome.status,
        "detail": item.outcome.detail,
    }
