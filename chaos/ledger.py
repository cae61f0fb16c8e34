"""What the database itself says when all is quiet: read with its own eyes, not the services'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import create_engine, select

from sokbo.domain.delivery import OPEN_STATES
from sokbo.storage.delivery_tables import deliveries
from sokbo.storage.tables import events, revisions


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    sequence: int
    type: str
    article_id: str
    revision: float
    breaking: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """`events` in their order; `titles`: each article's first one, by its id; `open_deliveries`: partner ids, one for each."""

    events: Sequence[Event]
    titles: Mapping[str, str]
    open_deliveries: Sequence[str]

    def is_settled(self, partner_ids: set[str]) -> bool:
        """True when no event waits, and no delivery to these partners."""
        return all(event.is_done for event in self.events) and not partner_ids.intersection(self.open_deliveries)


def read_ledger(database_url: str) -> Ledger:
    """The ledger as it is now."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            told = connection.execute(select(events).order_by(events.c.site_id, events.c.sequence)).all()
            first = connection.execute(select(revisions.c.article_id, revisions.c.content).where(revisions.c.revision == 1)).all()
            waiting = connection.execute(select(deliveries.c.partner_id).where(deliveries.c.state.in_(OPEN_STATES)))
            return Ledger(
                [
                    Event(row.id, row.sequence, row.type, row.article_id, row.revision, row.breaking, row.done_at is not None)
                    for row in told
                ],
                {row.article_id: row.content["title"] for row in first},
                list(waiting.scalars()),
            )
    finally:
        engine.dispose()
