"""Adds up what the workers count."""

from sqlalchemy import select

from sokbo.domain.tally import Measure, Tally
from sokbo.storage.session import Session
from sokbo.storage.tables import tallies
from sokbo.storage.upserts import insert_or_add


class TallyRepository:
    def __init__(self, session: Session):
        self._session = session
        self._waiting = Tally()

    def add(self, tally: Tally) -> None:
        """Adds the increments with the commit."""
        self._waiting.increments.update(tally.increments)

    def write(self) -> None:
        """Writes what was added: last, since everybody counts in the same few rows and would wait for them as long as the
        transaction lasts; and always in the same order, so that no two wait for each other crosswise."""
        increments, self._waiting = self._waiting.increments, Tally()
        rows = [{"name": name, "label": label, "value": value} for (name, label), value in sorted(increments.items())]
        if rows:
            self._session.execute(insert_or_add(self._session.dialect, tallies, "value"), rows)

    def all(self) -> dict[Measure, dict[str, float]]:
        """Every sum, by measure and label."""
        found: dict[Measure, dict[str, float]] = {measure: {} for measure in Measure}
        for name, label, value in self._session.execute(select(tallies.c.name, tallies.c.label, tallies.c.value)):
            if name in found:
                found[Measure(name)][label] = value
        return found
