from datetime import UTC, datetime, timedelta, timezone

import pytest

from sokbo.domain.archive import OpenDocument, Part, Place, month_of
from tests.clock import START

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("part", "atom", "json", "sitemap"),
    [
        (Part("2026-11", 1), "feed/2026/11.atom", "feed/2026/11.json", "sitemap-2026-11.xml"),
        (Part("2026-11", 2), "feed/2026/11-2.atom", "feed/2026/11-2.json", "sitemap-2026-11-2.xml"),
        (Part("0987-01", 10), "feed/0987/01-10.atom", "feed/0987/01-10.json", "sitemap-0987-01-10.xml"),
    ],
)
def test_part_has_a_path_of_its_own_for_each_document(part: Part, atom: str, json: str, sitemap: str) -> None:
    assert (part.archive_path("atom"), part.archive_path("json"), part.sitemap_path) == (atom, json, sitemap)
    assert Part.from_key(part.key) == part


def test_parts_follow_each_other_in_time() -> None:
    assert Part("2025-12", 11) < Part("2026-01", 1) < Part("2026-01", 2) < Part("2026-01", 10)


@pytest.mark.parametrize(("ordinal", "sitemap"), [(0, 1), (499, 1), (500, 2)])
def test_place_is_in_one_document_of_each_kind(ordinal: int, sitemap: int) -> None:
    place = Place("2026-11", ordinal, 7)

    assert (place.archive, place.sitemap) == (Part("2026-11", 7), Part("2026-11", sitemap))
    assert ordinal in place.sitemap.mapped


@pytest.mark.parametrize(("recent", "due"), [(None, False), (START - SECOND, False), (START, True), (START + SECOND, True)])
def test_open_document_is_due_once_one_of_its_articles_may_leave_the_feed(recent: datetime | None, due: bool) -> None:
    assert OpenDocument(Part("2026-03", 1), 3, START).is_due(recent) is due


def test_month_is_that_of_the_time_in_utc() -> None:
    seoul = timezone(timedelta(hours=9))

    assert month_of(datetime(2026, 12, 1, 8, 59, tzinfo=seoul)) == "2026-11"
    assert month_of(datetime(2026, 12, 1, 9, 0, tzinfo=seoul)) == "2026-12"
    assert month_of(datetime(987, 1, 2, tzinfo=UTC)) == "0987-01"
