from datetime import UTC, datetime, timedelta, timezone

import pytest

from sokbo.domain.archive import Part, Place, month_of


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


@pytest.mark.parametrize(("ordinal", "archive", "sitemap"), [(0, 1, 1), (99, 1, 1), (100, 2, 1), (499, 5, 1), (500, 6, 2)])
def test_place_is_in_one_document_of_each_kind(ordinal: int, archive: int, sitemap: int) -> None:
    place = Place("2026-11", ordinal)

    assert (place.archive, place.sitemap) == (Part("2026-11", archive), Part("2026-11", sitemap))
    assert ordinal in place.archive.archived
    assert ordinal in place.sitemap.mapped


def test_month_is_that_of_the_time_in_utc() -> None:
    seoul = timezone(timedelta(hours=9))

    assert month_of(datetime(2026, 12, 1, 8, 59, tzinfo=seoul)) == "2026-11"
    assert month_of(datetime(2026, 12, 1, 9, 0, tzinfo=seoul)) == "2026-12"
    assert month_of(datetime(987, 1, 2, tzinfo=UTC)) == "0987-01"
