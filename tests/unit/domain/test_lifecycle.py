"""Every operation on an article in every state: what it becomes, and what partners and readers are told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sokbo.domain.article import BREAKING_LASTS, Article, ArticleState
from sokbo.domain.event import EventType
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.domain.ids import SiteId
from sokbo.domain.lifecycle import Change, create, end_breaking, publish_due, revise, withdraw
from sokbo.errors import Gone, Invalid
from tests.clock import START
from tests.newsroom import draft

HOUR = timedelta(hours=1)
LATER = START + HOUR
PUBLISHED, UPDATED, CORRECTED = EventType.ARTICLE_PUBLISHED, EventType.ARTICLE_UPDATED, EventType.ARTICLE_CORRECTED
WITHDRAWN, STARTED, ENDED = EventType.ARTICLE_WITHDRAWN, EventType.BREAKING_STARTED, EventType.BREAKING_ENDED
POLITICS, WORLD = (Listing(ListingKind.CATEGORY, slug, label) for slug, label in (("정치", "정치"), ("world", "World")))


def made(**fields: Any) -> Change:
    return create(SiteId(1), 7, draft(**fields), START)


@pytest.mark.parametrize(
    ("fields", "state", "events"),
    [
        ({}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"breaking": True}, ArticleState.PUBLISHED, (PUBLISHED, STARTED)),
        ({"draft": True}, ArticleState.DRAFT, ()),
        ({"draft": True, "breaking": True}, ArticleState.DRAFT, ()),
        ({"draft": True, "published_at": LATER}, ArticleState.DRAFT, ()),
        ({"published_at": LATER}, ArticleState.SCHEDULED, ()),
        ({"published_at": LATER, "breaking": True}, ArticleState.SCHEDULED, ()),
        ({"published_at": START}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"published_at": START - HOUR}, ArticleState.PUBLISHED, (PUBLISHED,)),
    ],
)
def test_new_article_is_what_its_draft_says(fields: dict[str, Any], state: ArticleState, events: tuple[EventType, ...]) -> None:
    change = made(**fields)
    assert (change.article.state, change.events) == (state, events)
    assert (change.is_new, change.is_revision, change.article.revision) == (True, True, 1)
    assert bool(change.shown_in) == (state is ArticleState.PUBLISHED)


@pytest.mark.parametrize(
    ("fields", "published_at", "breaking_until"),
    [
        ({}, START, None),
        ({"draft": True}, None, None),
        ({"published_at": START - HOUR}, START - HOUR, None),
        ({"breaking": True}, START, START + BREAKING_LASTS),
        ({"breaking": True, "published_at": LATER}, LATER, LATER + BREAKING_LASTS),
        ({"breaking": True, "published_at": START - HOUR}, START - HOUR, START + BREAKING_LASTS),
        ({"breaking": True, "breaking_until": LATER}, START, LATER),
    ],
)
def test_times_of_a_new_article(fields: dict[str, Any], published_at: object, breaking_until: object) -> None:
    article = made(**fields).article
    assert (article.published_at, article.breaking_until) == (published_at, breaking_until)
    assert article.modified_at == (published_at or START)


@pytest.mark.parametrize("published_at", [START - HOUR, LATER])
@pytest.mark.parametrize("fields", [{}, {"draft": True}])
def test_articles_given_the_same_second_were_modified_apart(published_at: datetime, fields: dict[str, Any]) -> None:
    first, second = (
        create(SiteId(1), number, draft(**fields, published_at=published_at), START + timedelta(microseconds=number)).article
        for number in (1, 2)
    )
    assert first.published_at == second.published_at == published_at
    assert [article.modified_at - published_at for article in (first, second)] == [timedelta(microseconds=n) for n in (1, 2)]


def test_articles_given_the_same_millisecond_were_modified_apart() -> None:
    published_at = START - HOUR + timedelta(milliseconds=500)
    moments = [timedelta(seconds=0.25, microseconds=number) for number in (1, 2)]
    modified = [
        create(SiteId(1), 7, draft(published_at=published_at), START + moment).article.modified_at - published_at
        for moment in moments
    ]
    assert modified == [timedelta(microseconds=1), timedelta(microseconds=2)]


def test_draft_that_is_given_a_second_was_modified_apart_from_others() -> None:
    change = revise(made(draft=True).article, draft(published_at=START - HOUR), START + timedelta(microseconds=3))
    assert change is not None
    assert change.article.modified_at - START == timedelta(microseconds=3) - HOUR


def test_article_given_a_finer_time_was_modified_just_then() -> None:
    published_at = START - timedelta(microseconds=5)
    article = create(SiteId(1), 7, draft(published_at=published_at), START + timedelta(microseconds=7)).article
    assert article.modified_at == published_at


@pytest.mark.parametrize(
    ("before", "after", "state", "events"),
    [
        ({}, {"title": "둘"}, ArticleState.PUBLISHED, (UPDATED,)),
        ({}, {"correction_note": "고침"}, ArticleState.PUBLISHED, (CORRECTED,)),
        ({"correction_note": "고침"}, {"correction_note": "고침", "title": "둘"}, ArticleState.PUBLISHED, (UPDATED,)),
        ({"correction_note": "고침"}, {"correction_note": "또 고침"}, ArticleState.PUBLISHED, (CORRECTED,)),
        ({}, {"breaking": True}, ArticleState.PUBLISHED, (STARTED,)),
        ({}, {"breaking": True, "title": "둘"}, ArticleState.PUBLISHED, (UPDATED, STARTED)),
        ({"breaking": True}, {}, ArticleState.PUBLISHED, (ENDED,)),
        ({"breaking": True}, {"breaking": True, "title": "둘"}, ArticleState.PUBLISHED, (UPDATED,)),
        ({"breaking": True}, {"breaking": True, "breaking_until": LATER + HOUR}, ArticleState.PUBLISHED, (UPDATED,)),
        ({"draft": True}, {}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"draft": True}, {"draft": True, "title": "둘"}, ArticleState.DRAFT, ()),
        ({"draft": True}, {"published_at": LATER + HOUR}, ArticleState.SCHEDULED, ()),
        ({"published_at": LATER + HOUR}, {"title": "둘", "published_at": LATER + HOUR}, ArticleState.SCHEDULED, ()),
        ({"published_at": LATER + HOUR}, {"title": "둘"}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"published_at": LATER + HOUR}, {}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"draft": True, "published_at": LATER + HOUR}, {"draft": True}, ArticleState.DRAFT, ()),
        ({"published_at": LATER + HOUR}, {"published_at": START}, ArticleState.PUBLISHED, (PUBLISHED,)),
        ({"published_at": LATER + HOUR}, {"draft": True}, ArticleState.DRAFT, ()),
    ],
)
def test_revised_article_tells_what_changed(
    before: dict[str, Any], after: dict[str, Any], state: ArticleState, events: tuple[EventType, ...]
) -> None:
    article = made(**before).article
    change = revise(article, draft(**after), LATER)
    assert change is not None
    assert (change.article.state, change.events, change.article.revision) == (state, events, 2)
    assert (change.article.id, change.article.number, change.article.created_at) == (article.id, 7, START)


@pytest.mark.parametrize("fields", [{}, {"draft": True}, {"published_at": LATER + HOUR}, {"breaking": True}])
def test_revision_that_changes_nothing_is_none(fields: dict[str, Any]) -> None:
    article = made(**fields).article
    assert revise(article, draft(**fields | {"published_at": article.published_at}), START) is None


def test_slug_and_hour_of_a_published_article_stay_unless_they_are_given() -> None:
    article = made(title="하나").article
    kept, given = revise(article, draft("둘"), LATER), revise(article, draft("둘", slug="two"), LATER)
    assert kept is not None
    assert given is not None
    assert (kept.article.slug, given.article.slug) == ("하나", "two")
    assert kept.article.published_at == START
    assert kept.article.modified_at == LATER


@pytest.mark.parametrize(("fields", "field"), [({"draft": True}, "draft"), ({"published_at": LATER + HOUR}, "published_at")])
def test_published_article_can_not_be_unpublished(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        revise(made().article, draft(**fields), LATER)
    assert [error.field for error in raised.value.errors] == [field]


def test_left_and_joined_listings_are_both_touched() -> None:
    change = revise(made(categories=("정치",)).article, draft(categories=("World",)), LATER)
    assert change is not None
    assert change.shown_in == (SITE_LISTING, WORLD)
    assert set(change.touched) == {SITE_LISTING, POLITICS, WORLD}


@pytest.mark.parametrize(
    ("fields", "events", "touched"),
    [
        ({}, (WITHDRAWN,), {SITE_LISTING}),
        ({"breaking": True, "categories": ("정치",)}, (WITHDRAWN,), {SITE_LISTING, POLITICS, BREAKING_LISTING}),
        ({"draft": True}, (), set()),
        ({"published_at": LATER + HOUR}, (), set()),
    ],
)
def test_withdrawn_article_leaves_every_listing(
    fields: dict[str, Any], events: tuple[EventType, ...], touched: set[Listing]
) -> None:
    change = withdraw(made(**fields).article, LATER)
    assert change is not None
    assert (change.events, set(change.touched), change.shown_in) == (events, touched, ())
    assert (change.article.state, change.article.breaking_until) == (ArticleState.WITHDRAWN, None)
    assert withdraw(change.article, LATER) is None
    with pytest.raises(Gone):
        revise(change.article, draft(), LATER)


@pytest.mark.parametrize("operation", [lambda article, now: revise(article, draft("둘"), now), withdraw])
def test_end_of_breaking_that_is_not_recorded_yet_is_still_listed(operation: Any) -> None:
    """Else the breaking list would go on showing the article, for nobody would assemble it."""
    change = operation(made(breaking=True, breaking_until=LATER).article, LATER + HOUR)
    assert BREAKING_LISTING in change.touched
    assert change.breaking
    assert change.article.breaking_until is None


def test_scheduled_article_is_published_without_a_new_revision() -> None:
    change = publish_due(made(published_at=LATER, breaking=True).article, LATER)
    assert (change.article.state, change.events) == (ArticleState.PUBLISHED, (PUBLISHED, STARTED))
    assert (change.is_revision, change.article.revision) == (False, 1)
    assert change.article.modified_at == LATER


def test_breaking_time_that_ran_out_before_the_publication_never_began() -> None:
    scheduled = made(published_at=LATER, breaking=True, breaking_until=LATER + HOUR).article
    change = publish_due(scheduled, LATER + HOUR)
    assert (change.events, change.article.breaking_until) == ((PUBLISHED,), None)


@pytest.mark.parametrize("published_at", [LATER, LATER + HOUR])
@pytest.mark.parametrize("is_draft", [False, True])
def test_breaking_time_that_would_end_before_the_publication_is_refused(published_at: datetime, is_draft: bool) -> None:
    fields: dict[str, Any] = {"published_at": published_at, "breaking": True, "breaking_until": LATER, "draft": is_draft}
    with pytest.raises(Invalid) as posted:
        made(**fields)
    with pytest.raises(Invalid) as revised:
        revise(made(draft=True).article, draft(**fields), START)
    assert [error.field for error in (*posted.value.errors, *revised.value.errors)] == ["breaking_until"] * 2


def test_scheduled_article_can_not_be_given_breaking_time_that_ends_before_its_hour() -> None:
    with pytest.raises(Invalid):
        revise(
            made(published_at=LATER + HOUR).article,
            draft(published_at=LATER + HOUR, breaking=True, breaking_until=LATER),
            START,
        )


@pytest.mark.parametrize("until", [START - HOUR, START])
def test_breaking_time_that_is_over_makes_no_breaking_news(until: datetime) -> None:
    posted = made(breaking=True, breaking_until=until)
    revised = revise(made().article, draft("둘", breaking=True, breaking_until=until), LATER)
    assert revised is not None
    assert [change.article.breaking_until for change in (posted, revised)] == [None, None]
    assert [change.article.state for change in (posted, revised)] == [ArticleState.PUBLISHED] * 2
    assert (posted.events, revised.events) == ((PUBLISHED,), (UPDATED,))


def test_draft_whose_breaking_time_has_run_out_can_be_changed() -> None:
    article = made(draft=True, breaking=True, breaking_until=LATER).article
    change = revise(article, draft("둘", draft=True, breaking=True, breaking_until=LATER), LATER + HOUR)
    assert change is not None
    assert (change.article.state, change.article.breaking_until) == (ArticleState.DRAFT, None)


def test_scheduled_article_whose_hour_is_taken_away_bears_the_time_of_its_publication() -> None:
    change = revise(made(published_at=LATER).article, draft(), START + timedelta(minutes=1))
    assert change is not None
    assert change.article.published_at == change.article.modified_at == START + timedelta(minutes=1)


@pytest.mark.parametrize("fields", [{"published_at": LATER + HOUR}, {"published_at": LATER + HOUR, "draft": True}])
def test_article_that_never_was_out_is_withdrawn_at_the_time_of_its_withdrawal(fields: dict[str, Any]) -> None:
    change = withdraw(made(**fields).article, LATER)
    assert change is not None
    assert change.article.modified_at == LATER


def test_breaking_time_that_is_over_ends_without_a_new_revision() -> None:
    article = made(breaking=True, categories=("정치",)).article
    change = end_breaking(article, START + BREAKING_LASTS)
    assert change.article == replace(article, breaking_until=None)
    assert (change.events, change.is_revision, change.breaking) == ((ENDED,), False, True)
    assert change.shown_in == (SITE_LISTING, POLITICS)
    assert change.touched == (SITE_LISTING, POLITICS, BREAKING_LISTING)


def test_article_is_breaking_up_to_its_end_and_only_while_published() -> None:
    article: Article = made(breaking=True, breaking_until=LATER).article
    assert article.is_breaking(LATER - timedelta(microseconds=1))
    assert not article.is_breaking(LATER)
    assert not replace(article, state=ArticleState.SCHEDULED).is_breaking(START)


def test_published_article_can_be_changed_when_the_clock_has_been_set_back_before_its_time() -> None:
    article = made().article
    change = revise(article, draft("새 제목", published_at=article.published_at), START - 3 * HOUR)
    assert change is not None
    assert (change.article.published_at, change.article.revision, change.events) == (START, 2, (UPDATED,))
