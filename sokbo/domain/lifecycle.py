"""What happens to an article, as pure functions: from what it was and what is asked to the change that is to be written.

(new) -> draft -> scheduled -> published -> withdrawn
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sokbo.domain.article import BREAKING_LASTS, Article, ArticleState, Draft, slugify
from sokbo.domain.event import EventType
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, terms
from sokbo.domain.ids import ArticleId, SiteId, new_uuid
from sokbo.errors import FieldError, Gone, Invalid


@dataclass(frozen=True, slots=True)
class Change:
    """All that one operation changes. `shown_in` are the listings that show the article from now on; `touched` are those and the
    ones that it leaves. `breaking`: readers know the article as breaking news, before or after. `action` is for the audit."""

    article: Article
    action: str
    events: tuple[EventType, ...] = ()
    shown_in: tuple[Listing, ...] = ()
    touched: tuple[Listing, ...] = ()
    breaking: bool = False
    is_new: bool = False
    is_revision: bool = True


def create(site_id: SiteId, number: int, draft: Draft, now: datetime) -> Change:
    """A new article. Its first edition bears the second of its publication, also where that lies in the past.

    Raises Invalid for breaking time that would end before it begins. One that is over by now makes no breaking news of it, but
    is no reason to refuse what may have been sent in time and has been long on its way.
    """
    published_at = draft.published_at or (None if draft.draft else now)
    article = Article(
        id=ArticleId(new_uuid()),
        site_id=site_id,
        number=number,
        slug=draft.slug or slugify(draft.content.title),
        revision=1,
        state=_state(draft, published_at, now),
        content=draft.content,
        created_at=now,
        modified_at=_first_modified(published_at, now),
        published_at=published_at,
        external_id=draft.external_id,
        breaking_until=_breaking_until(draft, published_at, now),
    )
    return _entering(article, "article.accept", now, is_new=True)


def revise(article: Article, draft: Draft, now: datetime) -> Change | None:
    """The article with the draft in its place, or None when that changes nothing.

    Raises Gone for a withdrawn article, Invalid for what it can't become.
    """
    if article.state is ArticleState.WITHDRAWN:
        raise Gone(f"article {article.id} is withdrawn")
    if article.state is ArticleState.PUBLISHED:
        return _revise_published(article, draft, now)
    published_at = draft.published_at or (None if draft.draft else now)
    revised = replace(
        article,
        slug=draft.slug or slugify(draft.content.title),
        state=_state(draft, published_at, now),
        content=draft.content,
        modified_at=_first_modified(published_at, now),
        published_at=published_at,
        external_id=draft.external_id,
        breaking_until=_breaking_until(draft, published_at, now),
    )
    if replace(revised, modified_at=article.modified_at) == article:
        return None
    return _entering(replace(revised, revision=article.revision + 1), "article.revise", now)


def _revise_published(article: Article, draft: Draft, now: datetime) -> Change | None:
    if draft.draft:
        raise Invalid(FieldError("draft", "must be false: the article is published; withdraw it instead", "already_published"))
    published_at = draft.published_at or article.published_at or now
    if published_at > now and published_at != article.published_at:  # it can be, where the clock has been set back since
        raise Invalid(FieldError("published_at", "must not be in the future: the article is already out", "already_published"))
    revised = replace(
        article,
        slug=draft.slug or article.slug,
        content=draft.content,
        published_at=published_at,
        external_id=draft.external_id,
        breaking_until=_breaking_until(draft, published_at, now, was=article.breaking_until),
    )
    if revised == article:
        return None
    revised = replace(revised, revision=article.revision + 1, modified_at=max(now, published_at, article.modified_at))
    shown_in = listings_of(revised, now)
    return Change(
        article=revised,
        action="article.revise",
        events=_revision_events(article, revised, now),
        shown_in=shown_in,
        touched=_union(_listed_in(article), shown_in),
        breaking=_is_listed_as_breaking(article) or revised.is_breaking(now),
    )


def _revision_events(before: Article, after: Article, now: datetime) -> tuple[EventType, ...]:
    breaking_only = replace(after, breaking_until=before.breaking_until, revision=before.revision, modified_at=before.modified_at)
    was, is_now = _is_listed_as_breaking(before), after.is_breaking(now)
    events = []
    if breaking_only != before or was == is_now:
        note = after.content.correction_note
        corrected = note is not None and note != before.content.correction_note
        events.append(EventType.ARTICLE_CORRECTED if corrected else EventType.ARTICLE_UPDATED)
    if was != is_now:
        events.append(EventType.BREAKING_STARTED if is_now else EventType.BREAKING_ENDED)
    return tuple(events)


def withdraw(article: Article, now: datetime) -> Change | None:
    """The article taken back, or None if it is already."""
    if article.state is ArticleState.WITHDRAWN:
        return None
    was_published = article.state is ArticleState.PUBLISHED
    return Change(
        article=replace(
            article,
            state=ArticleState.WITHDRAWN,
            revision=article.revision + 1,
            modified_at=max(now, article.modified_at) if was_published else now,  # until then it is that of the publication
            breaking_until=None,
        ),
        action="article.withdraw",
        events=(EventType.ARTICLE_WITHDRAWN,) if was_published else (),
        touched=_listed_in(article) if was_published else (),
        breaking=_is_listed_as_breaking(article),
    )


def publish_due(article: Article, now: datetime) -> Change:
    """A scheduled article whose hour has come. Breaking time that has run out meanwhile never began."""
    over = article.breaking_until is not None and article.breaking_until <= now
    published = replace(article, state=ArticleState.PUBLISHED, breaking_until=None if over else article.breaking_until)
    change = _entering(published, "article.publish", now)
    return replace(change, is_revision=False)


def end_breaking(article: Article, now: datetime) -> Change:
    """An article whose breaking time has run out."""
    ended = replace(article, breaking_until=None)
    shown_in = listings_of(ended, now)
    return Change(
        article=ended,
        action="breaking.end",
        events=(EventType.BREAKING_ENDED,),
        shown_in=shown_in,
        touched=(*shown_in, BREAKING_LISTING),
        breaking=True,
        is_revision=False,
    )


def listings_of(article: Article, now: datetime) -> tuple[Listing, ...]:
    """The listings that show the article at that time."""
    if article.state is not ArticleState.PUBLISHED:
        return ()
    breaking = [BREAKING_LISTING] if article.is_breaking(now) else []
    return (SITE_LISTING, *terms(article.content), *breaking)


def _listed_in(article: Article) -> tuple[Listing, ...]:
    """The listings in which a published article stands, whatever the time."""
    breaking = [BREAKING_LISTING] if _is_listed_as_breaking(article) else []
    return (SITE_LISTING, *terms(article.content), *breaking)


def _is_listed_as_breaking(article: Article) -> bool:
    """True until the end of its breaking time is recorded, which comes a little later than that end."""
    return article.state is ArticleState.PUBLISHED and article.breaking_until is not None


def _entering(article: Article, action: str, now: datetime, *, is_new: bool = False) -> Change:
    """The change that brings an article in, published or not yet."""
    shown_in = listings_of(article, now)
    published = article.state is ArticleState.PUBLISHED
    breaking = article.is_breaking(now)
    events = (EventType.ARTICLE_PUBLISHED, EventType.BREAKING_STARTED) if breaking else (EventType.ARTICLE_PUBLISHED,)
    return Change(
        article=article,
        action=action,
        events=events if published else (),
        shown_in=shown_in,
        touched=shown_in,
        breaking=breaking,
        is_new=is_new,
    )


def _state(draft: Draft, published_at: datetime | None, now: datetime) -> ArticleState:
    if draft.draft or published_at is None:
        return ArticleState.DRAFT
    return ArticleState.SCHEDULED if published_at > now else ArticleState.PUBLISHED


def _first_modified(published_at: datetime | None, now: datetime) -> datetime:
    """The first edition's time. Articles for which the same second or millisecond is given differ below it by when they are
    accepted: the W3C validator asks for it (DuplicateUpdated)."""
    if published_at is None:
        return now
    given = next(precision for precision in (1_000_000, 1_000, 1) if published_at.microsecond % precision == 0)
    return published_at + timedelta(microseconds=now.microsecond % given)


def _breaking_until(draft: Draft, published_at: datetime | None, now: datetime, was: datetime | None = None) -> datetime | None:
    """The end of its breaking time; None where it is no breaking news, or no longer. Raises Invalid if it would never begin."""
    if not draft.breaking:
        return None
    if draft.breaking_until and published_at and published_at > now and draft.breaking_until <= published_at:
        raise Invalid(FieldError("breaking_until", "must be after published_at"))
    until = draft.breaking_until or was or max(published_at or now, now) + BREAKING_LASTS
    return until if until > now else None


def _union(first: Sequence[Listing], second: Sequence[Listing]) -> tuple[Listing, ...]:
    return tuple(dict.fromkeys([*first, *second]))
