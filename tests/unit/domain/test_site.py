"""Where a site's own addresses are."""

from dataclasses import replace

import pytest

from tests.unit.workers.feeds.articles import SITE


@pytest.mark.parametrize("base_url", ["https://gnj.example.kr", "http://127.0.0.1:8080/gnj", "https://press.example/sokbo/gnj"])
def test_hub_is_below_the_site_wherever_that_is(base_url: str) -> None:
    assert replace(SITE, base_url=base_url).hub_url == f"{base_url}/hub"
