"""What waits to be assembled: wanted twice is made once, the longest due first, and lost with no transaction."""

from datetime import timedelta

from sokbo.domain.assembly import ARCHIVED_ARTICLE, FEEDS, Assembly, of_listing, of_selections
from sokbo.domain.feed import SITE_LISTING, Listing, ListingKind
from sokbo.storage import Database
from sokbo.storage.assemblies import LONGEST_WAIT
from tests.clock import START, Clock
from tests.newsroom import Newsroom

POLITICS = of_listing(Listing(ListingKind.CATEGORY, "정치", "정치"))


def test_wanted_twice_is_taken_once(newsroom: Newsroom, database: Database) -> None:
    site_id = newsroom.site.id
    for _ in range(2):
        with database.write() as uow:
            uow.assemblies.want(site_id, [POLITICS, POLITICS, Assembly(FEEDS)], uow.now)
            uow.commit()
    with database.write() as uow:
        assert uow.assemblies.counts() == {site_id: 2}
        assert uow.assemblies.take(site_id, uow.now, 10, leading=9) == [POLITICS, Assembly(FEEDS)]
        assert uow.assemblies.take(site_id, uow.now, 10, leading=9) == []


def test_one_that_is_wanted_anew_as_well_keeps_both_wishes(newsroom: Newsroom, database: Database) -> None:
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [Assembly(FEEDS), Assembly(FEEDS, anew=True)], uow.now)
        assert uow.assemblies.take(newsroom.site.id, uow.now, 10, leading=9) == [Assembly(FEEDS), Assembly(FEEDS, anew=True)]


def test_longest_due_is_taken_first_and_what_is_not_due_stays(newsroom: Newsroom, database: Database, clock: Clock) -> None:
    site_id = newsroom.site.id
    with database.write() as uow:
        uow.assemblies.want(site_id, [POLITICS], START + timedelta(seconds=60))
        uow.assemblies.want(site_id, [of_listing(SITE_LISTING)], START)
        uow.assemblies.want(site_id, [Assembly(FEEDS)], START - timedelta(seconds=1))
        uow.commit()
    with database.write() as uow:
        assert uow.assemblies.take(site_id, uow.now, 1, leading=9) == [Assembly(FEEDS)]
        assert uow.assemblies.take(site_id, uow.now, 9, leading=9) == [of_listing(SITE_LISTING)]
        assert uow.assemblies.sites(uow.now) == []
        uow.commit()
    clock.advance(60)
    with database.read() as uow:
        assert uow.assemblies.sites(uow.now) == [site_id]
        assert uow.assemblies.waiting(uow.now) == (1, 0.0)


def test_taken_without_commit_waits_on(newsroom: Newsroom, database: Database) -> None:
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [POLITICS], uow.now)
        uow.commit()
    with database.write() as uow:
        uow.assemblies.take(newsroom.site.id, uow.now, 10, leading=9)
    with database.read() as uow:
        assert uow.assemblies.counts() == {newsroom.site.id: 1}


def test_sites_wait_apart(newsroom: Newsroom, database: Database) -> None:
    other = Newsroom.open(database)
    with database.write() as uow:
        uow.assemblies.want(other.site.id, [POLITICS], uow.now)
        assert uow.assemblies.take(newsroom.site.id, uow.now, 10, leading=9) == []
        assert uow.assemblies.sites(uow.now) == [other.site.id]


def test_what_leads_to_others_is_counted_apart_and_goes_first(newsroom: Newsroom, database: Database) -> None:
    leading = [*(Assembly(ARCHIVED_ARTICLE, f"{number}") for number in range(3)), of_selections([SITE_LISTING])]
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [POLITICS, Assembly(FEEDS), *leading], uow.now)
        assert uow.assemblies.take(newsroom.site.id, uow.now, 1, leading=3) == leading[:3]
        assert uow.assemblies.take(newsroom.site.id, uow.now, 1, leading=3) == [POLITICS, leading[3]]
        assert uow.assemblies.take(newsroom.site.id, uow.now, 1, leading=3) == [Assembly(FEEDS)]


def test_one_that_is_wanted_again_and_again_is_due_when_it_first_was(
    newsroom: Newsroom, database: Database, clock: Clock
) -> None:
    site_id = newsroom.site.id
    with database.write() as uow:
        uow.assemblies.want(site_id, [POLITICS], START + timedelta(seconds=1))
        uow.assemblies.want(site_id, [POLITICS], START + timedelta(seconds=2))
        uow.commit()
    clock.advance(1)
    with database.write() as uow:
        uow.assemblies.want(site_id, [POLITICS], START + timedelta(seconds=3))
        assert uow.assemblies.take(site_id, uow.now, 1, leading=1) == [POLITICS]


def test_one_that_waits_for_another_try_is_due_at_once_when_it_is_wanted_now(newsroom: Newsroom, database: Database) -> None:
    site_id = newsroom.site.id
    with database.write() as uow:
        uow.assemblies.want(site_id, [POLITICS], START + timedelta(seconds=60))
        uow.assemblies.want(site_id, [POLITICS], START)
        assert uow.assemblies.take(site_id, uow.now, 1, leading=1) == [POLITICS]


def test_site_has_some_due_from_their_moment_on(newsroom: Newsroom, database: Database) -> None:
    other = Newsroom.open(database)
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [POLITICS], START + timedelta(seconds=1))
        assert not uow.assemblies.has_due(newsroom.site.id, START)
        assert uow.assemblies.has_due(newsroom.site.id, START + timedelta(seconds=1))
        assert not uow.assemblies.has_due(other.site.id, START + timedelta(seconds=1))


def test_what_a_clock_put_off_that_was_hours_ahead_is_due(newsroom: Newsroom, database: Database, clock: Clock) -> None:
    clock.advance(7200)
    with database.write() as uow:
        uow.assemblies.want(newsroom.site.id, [POLITICS], uow.now)
        uow.commit()
    clock.advance(-7200)
    with database.write() as uow:
        assert uow.assemblies.sites(uow.now) == [newsroom.site.id]
        assert uow.assemblies.take(newsroom.site.id, uow.now, 1, leading=1) == [POLITICS]
        uow.assemblies.want(newsroom.site.id, [POLITICS], uow.now + LONGEST_WAIT)
        assert uow.assemblies.sites(uow.now) == []
