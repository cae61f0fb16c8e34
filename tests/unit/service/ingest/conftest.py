"""A site and a short way to post to it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.ingest import parse
from sokbo.domain.article import Draft
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site
from sokbo.errors import Invalid

PROJECT = Path(__file__).parents[4]
Post = Callable[..., Draft]
Refused = Callable[..., dict[str, str]]
NO_URL = "must be a sound http or https URL without user name, or a path that the site's base URL completes"


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(SiteId(1), "news", "뉴스", "https://news.example.kr", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def post(site: Site) -> Post:
    """Posts a JSON article that is whole but for what the test says of it; None leaves a field out."""

    def posted(**fields: Any) -> Draft:
        article = {"title": "제목", "content": "<p>본문</p>"} | fields
        return parse("application/json", json.dumps({k: v for k, v in article.items() if v is not None}).encode(), site)

    return posted


@pytest.fixture(scope="session")
def refused(post: Post) -> Refused:
    """As `post`, for an article that is refused: the broken rules by field."""

    def rules(**fields: Any) -> dict[str, str]:
        with pytest.raises(Invalid) as caught:
            post(**fields)
        return {error.field: error.rule for error in caught.value.errors}

    return rules


@pytest.fixture(scope="session")
def fixture_bytes() -> Callable[[str], bytes]:
    return lambda name: (PROJECT / "tests" / "fixtures" / name).read_bytes()


@pytest.fixture(scope="session")
def sample_bytes() -> Callable[[str], bytes]:
    """A sample that lies beside the checkout; the test is skipped where there is none."""

    def read(name: str) -> bytes:
        path = PROJECT.parent / "shared" / "samples" / name
        if not path.exists():
            pytest.skip(f"no sample {name} beside the checkout")
        return path.read_bytes()

    return read
