"""Preflight: which selections an article would stand in, and which of their dialects' rules it breaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sokbo.domain.article import Content
from sokbo.domain.dialects import DIALECTS, Rule, Subject
from sokbo.domain.selection import Selection


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of a selection's dialect that an article breaks."""

    selection: Selection
    rule: Rule


def selections_admitting(
    content: Content, selections: Iterable[Selection], *, breaking: bool, site_language: str
) -> list[Selection]:
    """Those of the selections that admit an article with this content."""
    return [choice for choice in selections if choice.admits(content, breaking=breaking, site_language=site_language)]


def findings(subject: Subject, selections: Sequence[Selection]) -> list[Finding]:
    """Every broken rule, by selection. One whose hour hasn't come is looked at as it will be then."""
    then = replace(subject, now=max(subject.now, subject.published_at))
    return [
        Finding(selection, rule)
        for selection in selections
        if (dialect := DIALECTS.get(selection.profile)) is not None
        for rule in dialect.broken(then)
    ]
