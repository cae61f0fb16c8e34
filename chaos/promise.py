"""What the system has promised of a story, as its publisher knows it from the answers alone."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.story import Kind, Story


class Fate(StrEnum):
    """`UNANSWERED`: the publisher still doesn't know, for no answer came or its last word was lost."""

    UNANSWERED = "unanswered"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(slots=True)
class Edition:
    """One accepted revision. Times are monotonic seconds; `since` is when it was answered, or its hour if that is later."""

    revision: float
    title: str
    since: float
    seen_at: float | None = None


#: The revision of an article that is withdrawn, newer than any.
WITHDRAWN = math.inf


@dataclass(slots=True)
class Promise:
    """`editions` are those that were answered 2xx, oldest first."""

    story: Story
    fate: Fate = Fate.UNANSWERED
    article_id: str = ""
    page: str = ""
    editions: list[Edition] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        return self.fate is Fate.ACCEPTED

    @property
    def is_withdrawn(self) -> bool:
        return bool(self.editions) and self.newest.revision == WITHDRAWN

    @property
    def is_shown(self) -> bool:
        """True where readers must find it."""
        return self.is_accepted and not self.is_withdrawn

    @property
    def newest(self) -> Edition:
        return self.editions[-1]

    @property
    def is_breaking(self) -> bool:
        """True where it leads the breaking list when all is quiet."""
        return self.is_shown and self.story.kind is Kind.BREAKING
