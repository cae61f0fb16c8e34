from datetime import timedelta

import pytest

from sokbo.domain.article import ArticleState, Author, Image
from sokbo.domain.feed import BREAKING_LISTING, SITE_LISTING, Listing, ListingKind
from sokbo.errors import Conflict
from sokbo.storage import Database
from tests.clock import START, Clock
from tests.newsroom import Newsroom

POLITICS = Listing(ListingKind.CATEGORY, "정치", "정치")
WORLD = Listing(ListingKind.CATEGORY, "world", "World")


def test_article_is_read_as_it_was_written(newsroom: Newsroom) -> None:
    article = newsroom.post(
        "속보 🚨",
        categories=("정치", "World"),
        tags=("apec",),
        authors=(Author("김기자", "https://site.example/kim", "kim@site.example"),),
        image=Image("https://site.example/a.jpg", "사진"),
        related=("https://site.example/1",),
        language="ko",
        canonical_url="https://site.example/c",
        correction_note="고침",
        external_id="wp-1",
        extra={"layout": "post", "nested": {"a": [1, 2.5, None, True]}},
        breaking=True,
    )

    assert newsroom.article(article) == article


def test_another_sites_article_is_not_found(database: Database, newsroom: Newsroom) -> None:
    article, other = newsroom.post(external_id="a"), Newsroom.open(database)
    with database.read() as uow:
        assert uow.articles.get(other.site.id, article.id) is None


def test_numbers_and_sequences_count_within_each_site(database: Database, newsroom: Newsroom) -> None:
    other = Newsroom.open(database)
    assert [newsroom.post().number, other.post().number, newsroom.post().number] == [1, 1, 2]
    assert [event.sequence for event, _ in newsroom.events] == [1, 2]


def test_external_id_is_unique_in_its_site_only(database: Database, newsroom: Newsroom) -> None:
    newsroom.post(external_id="a")
    Newsroom.open(database).post(external_id="a")
    with pytest.raises(Conflict):
        newsroom.post(external_id="a")
    other = newsroom.post(external_id="b")
    with pytest.raises(Conflict):
        newsroom.revise(other, external_id="a")
    assert newsroom.article(other).external_id == "b"


def test_each_revision_stays_readable(newsroom: Newsroom, clock: Clock) -> None:
    first = newsroom.post("하나")
    clock.advance(60)
    second = newsroom.revise(first, "둘")
    with newsroom.database.read() as uow:
        history = uow.articles.history(first.id, None, 10)
        old = uow.articles.at_revision(first.id, 1)

    assert [(item.revision, item.content.title, item.modified_at) for item in history] == [
        (2, "둘", START + timedelta(seconds=60)),
        (1, "하나", START),
    ]
    assert (old.content.title, old.revision, old.slug) == ("하나", 1, "하나")
    assert newsroom.article(first) == second


def test_what_is_not_committed_leaves_no_trace(newsroom: Newsroom) -> None:
    article = newsroom.post()
    with newsroom.database.write() as uow:
        uow.sites.next_number(newsroom.site.id)
        uow.listings.hide(article.id)
    assert newsroom.post().number == 2
    with newsroom.database.read() as uow:
        assert len(uow.listings.newest(newsroom.site.id, SITE_LISTING, 10)) == 2


def test_listings_show_the_newest_first_and_leave_what_is_left(newsroom: Newsroom, clock: Clock) -> None:
    late = newsroom.post("늦은", categories=("정치",), published_at=START + timedelta(seconds=-10))
    early = newsroom.post("이른", categories=("정치", "World"), published_at=START + timedelta(days=-1))
    clock.advance(1)
    newsroom.revise(early, categories=("World",))
    with newsroom.database.read() as uow:

        def shown(listing: Listing) -> list[int]:
            return [article.number for article in uow.listings.newest(newsroom.site.id, listing, 10)]

        assert [shown(listing) for listing in (SITE_LISTING, POLITICS, WORLD, BREAKING_LISTING)] == [
            [late.number, early.number],
            [late.number],
            [early.number],
            [],
        ]
        assert [item.number for item in uow.listings.newest(newsroom.site.id, SITE_LISTING, 1)] == [late.number]


def test_label_of_first_use_stays(newsroom: Newsroom) -> None:
    newsroom.post(tags=("APEC",))
    newsroom.post(tags=("apec",))
    with newsroom.database.read() as uow:
        tag = Listing(ListingKind.TAG, "apec", "apec")
        assert uow.listings.known(newsroom.site.id) == [Listing(ListingKind.TAG, "apec", "APEC")]
        assert uow.listings.labelled(newsroom.site.id, [tag, SITE_LISTING]) == [
            SITE_LISTING,
            Listing(ListingKind.TAG, "apec", "APEC"),
        ]


def test_scheduled_articles_are_due_at_their_hour_and_not_before(newsroom: Newsroom, clock: Clock) -> None:
    article = newsroom.post(published_at=START + timedelta(seconds=5))
    assert article.state is ArticleState.SCHEDULED
    for seconds, due in ((4.999, []), (0.001, [article])):
        clock.advance(seconds)
        with newsroom.database.write() as uow:
            assert uow.articles.due(uow.now, 10) == due
            assert uow.articles.has_due(uow.now) is bool(due)


def test_breaking_time_is_over_at_its_end_and_not_before(newsroom: Newsroom, clock: Clock) -> None:
    article = newsroom.post(breaking=True, breaking_until=START + timedelta(seconds=5))
    for seconds, over in ((4.999, []), (0.001, [article])):
        clock.advance(seconds)
        with newsroom.database.write() as uow:
            assert uow.articles.breaking_over(uow.now, 10) == over
            assert uow.articles.has_breaking_over(uow.now) is bool(over)


def test_articles_below_a_number_are_those_that_were_ever_public(newsroom: Newsroom, clock: Clock) -> None:
    for title in ("하나", "둘", "셋"):
        newsroom.post(title)
    newsroom.post(draft=True)
    newsroom.post(published_at=START + timedelta(hours=1))
    with newsroom.database.read() as uow:
        two = uow.articles.below(newsroom.site.id, 100, 2)
        rest = uow.articles.below(newsroom.site.id, two[-1].number, 2)
    assert [item.number for item in two] == [3, 2]
    assert [item.number for item in rest] == [1]
