"""What a dialect is: a partner's rules for single articles, and what it asks of a selection as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sokbo.domain.article import Content
from sokbo.domain.lead_image import LeadImage


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules look at: an article's content, when it is or will be published, and the picture that it names, as far as that
    is known.

    `awaits_picture`: it may have one of which nothing is known yet.
    """

    content: Content
    published_at: datetime
    now: datetime
    picture: LeadImage | None = None
    awaits_picture: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`field` is the article's field that breaks it. An article that breaks a hard rule is left out of the dialect's feeds;
    another one is advice. `en` and `ko` are the rule as a sentence."""

    code: str
    field: str
    en: str
    ko: str
    is_broken: Callable[[Subject], bool]
    is_hard: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """`name` is the profile's name, `title` the partner's. `max_bytes` is what a feed may have: older entries are left out.
    `one_language`: articles in other languages don't stand in its selections."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    min_entries: int = 1
    max_bytes: int | None = None
    one_language: bool = False
    needs_region: bool = False
    needs_logo: bool = False

    def broken(self, subject: Subject) -> Sequence[Rule]:
        """The rules that the article breaks."""
        return [rule for rule in self.rules if rule.is_broken(subject)]

    def takes(self, subject: Subject) -> bool:
        """True if it breaks no hard rule."""
        return not any(rule.is_hard and rule.is_broken(subject) for rule in self.rules)


def lacks_picture(subject: Subject) -> bool:
    """True if it has none, and none is to come."""
    return subject.picture is None and not subject.awaits_picture
