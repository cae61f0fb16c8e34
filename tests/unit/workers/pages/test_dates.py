from dataclasses import replace

import pytest

from sokbo.domain.site import Site
from tests.unit.workers.pages.samples import ENGLISH_SITE, KOREAN_SITE, PUBLISHED
from workers.pages.dates import time_element


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (KOREAN_SITE, '<time datetime="2026-11-22T07:32:05+09:00" dir="auto">2026년 11월 22일 오전 7:32</time>'),
        (ENGLISH_SITE, '<time datetime="2026-11-21T22:32:05+00:00" dir="auto">21 November 2026, 22:32</time>'),
    ],
)
def test_moment_is_told_in_the_sites_language_and_time_zone(site: Site, expected: str) -> None:
    assert time_element(PUBLISHED, site) == expected


def test_sites_of_one_language_in_two_time_zones_each_tell_their_own_time() -> None:
    london, seoul = ENGLISH_SITE, replace(ENGLISH_SITE, timezone="Asia/Seoul")
    assert "21 November 2026, 22:32<" in time_element(PUBLISHED, london)
    assert "22 November 2026, 07:32<" in time_element(PUBLISHED, seoul)
    assert "21 November 2026, 22:32<" in time_element(PUBLISHED, london)
